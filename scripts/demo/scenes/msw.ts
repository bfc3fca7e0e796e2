import { flaky } from '@steadfetch/testing/msw';
import { setupServer } from 'msw/node';
import { type ClientMaker, fetchALaCarte, kyWithHooks } from '../clients.ts';
import type { Trace } from '../trace.ts';
import { type Part, play, playOf, type Stage } from './scene.ts';

const SPAN = 1_500;

/** Both against msw, as a test would: no port, no network. */
export async function showMsw(stage: Stage): Promise<Trace[]> {
  const overQuota = { status: 429, headers: { ratelimit: '"default";r=0;t=1' } };
  const hopeless = { status: 500, headers: { 'x-should-retry': 'false' } };
  const parts: [Part, ClientMaker][] = [
    [{ title: 'ky     network error', script: ['network-error', 200] }, kyWithHooks],
    [{ title: 'ky     429, RateLimit: t=1', script: [overQuota, 200] }, kyWithHooks],
    [{ title: 'fetch  503, then 502', script: [503, 502, 200] }, fetchALaCarte],
    [{ title: 'fetch  x-should-retry: false', script: hopeless }, fetchALaCarte],
  ];
  const urlOf = (index: number) => `https://api.test/${index}`;
  const server = setupServer(
    ...parts.map(([{ script }], index) => flaky(urlOf(index), script, { clock: stage.clock })),
  );
  server.listen({ onUnhandledFrame: 'error' });
  try {
    const plays = parts.map(([part, client], index) => playOf(part, urlOf(index), client, stage));
    return await play(stage, { client: 'ky and fetch, as above', server: 'msw, no network', span: SPAN, plays });
  } finally {
    server.close();
  }
}
