import { startServer } from '@steadfetch/testing/server';
import { type ClientMaker, fetchALaCarte, kyWithHooks } from '../clients.ts';
import type { Trace } from '../trace.ts';
import { type Part, play, playOf, type Stage } from './scene.ts';

const SPAN = 2_000;

/** ky against real servers on this machine. */
export function showKy(stage: Stage): Promise<Trace[]> {
  const parts: Part[] = [
    { title: 'GET   503 twice', script: [503, 503, 200] },
    { title: 'GET   429, Retry-After: 1', script: [{ status: 429, headers: { 'retry-after': '1' } }, 200] },
    { title: 'GET   connection reset', script: [{ fault: 'reset' }, 200] },
    { title: 'GET   port closed for 0.8 s', script: [{ fault: 'refuse', delay: 800 }, 200] },
    { title: 'GET   503 for good', script: 503 },
    { title: 'POST  503', script: 503, init: { method: 'POST', body: 'one order' } },
  ];
  return playOnLoopback(stage, parts, kyWithHooks, 'ky.create({ hooks: retry() })');
}

/** Native fetch against real servers on this machine. */
export function showFetch(stage: Stage): Promise<Trace[]> {
  const key = { 'idempotency-key': '"order-17"' };
  const broken = { body: 'cut in the middle' };
  const parts: Part[] = [
    { title: 'GET   no answer', script: [{ fault: 'stall-headers' }, 503, 200] },
    { title: 'GET   half of the body', script: [{ ...broken, fault: 'truncate' }, 200] },
    { title: 'GET   body stands still', script: [{ ...broken, fault: 'stall-body' }, 200] },
    {
      title: 'POST  503, Idempotency-Key',
      script: [503, 201],
      init: { method: 'POST', body: 'one order', headers: key },
    },
    { title: 'GET   503, Retry-After: 120', script: { status: 503, headers: { 'retry-after': '120' } } },
    { title: 'GET   404', script: 404 },
  ];
  return playOnLoopback(stage, parts, fetchALaCarte, 'timeout() > retry() > bufferBody() > timeout() > fetch');
}

/** Each call has a server of its own: a port that is closed is closed for all. */
async function playOnLoopback(
  stage: Stage,
  parts: readonly Part[],
  client: ClientMaker,
  name: string,
): Promise<Trace[]> {
  const servers = await Promise.all(parts.map(({ script }) => startServer(script, { clock: stage.clock })));
  const plays = parts.map((part, index) => playOf(part, servers[index]!.url, client, stage));
  try {
    return await play(stage, { client: name, server: 'servers on 127.0.0.1', span: SPAN, plays });
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}
