import { setImmediate } from 'node:timers/promises';
import { compose, type Middleware, observe, standard } from 'steadfetch';
import { expect, it, vi } from 'vitest';
import { importCode, snippetOf } from './import-snippet.ts';

async function layerOf(server: typeof fetch): Promise<() => Middleware> {
  const code = snippetOf('writing-a-middleware.md', 'eachId').replace('@steadfetch/core', 'steadfetch/kit');
  return (await importCode<{ eachId(): Middleware }>(code, server)).eachId;
}

it('a layer that makes 60 calls of one gets all of them through a limit, each with a count of its own', async () => {
  let window = { second: -1, used: 0 };
  const server: typeof fetch = async (input) => {
    const second = Math.floor(Date.now() / 1_000);
    if (window.second !== second) window = { second, used: 0 };
    if (++window.used > 10) return new Response(null, { status: 429, headers: { 'retry-after': '1' } });
    return Response.json(Number(new URL(String(input)).searchParams.get('id')));
  };
  const eachId = await layerOf(server);
  const numbers = new Set<number>();
  const watch = observe(({ callId }) => numbers.add(callId));
  const steady = compose(eachId(), watch, standard({ rateLimit: true }))(server);
  const ids = Array.from({ length: 60 }, (_, id) => id);

  const answer = steady(`https://api.example.com/items?${ids.map((id) => `id=${id}`).join('&')}`);
  for (let step = 0; step < 150; step++) {
    await vi.advanceTimersByTimeAsync(100);
    await setImmediate();
  }

  expect(await (await answer).json()).toEqual(ids);
  expect(numbers.size).toBe(60);
});

it('a layer that makes several calls of one asks for each as it was asked, and hides no failure', async () => {
  const sent: unknown[] = [];
  const server: typeof fetch = async (input, init) => {
    const id = new URL(String(input)).searchParams.get('id');
    sent.push([id, init?.credentials]);
    return Response.json(id, { status: id === 'gone' ? 404 : 200 });
  };
  const steady = compose((await layerOf(server))(), standard())(server);

  const list = await steady('https://api.example.com/items?id=a%26b&id=c%2Bd', { credentials: 'include' });
  const failed = await steady('https://api.example.com/items?id=a&id=gone');

  expect(await list.json()).toEqual(['a&b', 'c+d']);
  expect(sent.slice(0, 2)).toEqual([
    ['a&b', 'include'],
    ['c+d', 'include'],
  ]);
  expect([failed.status, await failed.json()]).toEqual([404, 'gone']);
});

it('a layer that makes several calls of one hands on what is not for it', async () => {
  const server = vi.fn<typeof fetch>(async () => new Response('made', { status: 201 }));
  const steady = compose((await layerOf(server))(), standard())(server);

  const answer = await steady('https://api.example.com/items?id=a&id=b', { method: 'POST', body: 'order' });

  expect(answer.status).toBe(201);
  expect(server).toHaveBeenCalledOnce();
});
