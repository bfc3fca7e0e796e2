import { setImmediate } from 'node:timers/promises';
import { networkError } from '@steadfetch/testing/simulation';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

const MANY_ITEMS = 'outermost: 20 items in progress';

it('the stack for many items outlasts a restart of three seconds, and sends most items once', async () => {
  vi.spyOn(console, 'log').mockReturnValue(undefined);
  const done = new Set<string>();
  let sends = 0;
  let startedAt: number | undefined;
  const server = async (input: RequestInfo | URL) => {
    startedAt ??= Date.now();
    sends++;
    const elapsed = Date.now() - startedAt;
    if (elapsed >= 1_000 && elapsed < 4_000) throw networkError('ECONNREFUSED', String(input));
    await new Promise((resolve) => setTimeout(resolve, 100));
    done.add(String(input));
    return new Response();
  };

  await runJob(server);

  expect(done.size).toBe(500);
  expect(sends).toBeLessThan(650);
});

it.each(['GET', 'POST'])('a %s is at work until its body is there', async (method) => {
  vi.spyOn(console, 'log').mockReturnValue(undefined);
  let atWork = 0;
  let most = 0;
  const server = async () => {
    most = Math.max(most, ++atWork);
    const body = new ReadableStream(
      {
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          atWork--;
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body);
  };

  const { steady } = await runJob(server, 500);
  const items = Array.from({ length: 60 }, () => steady('https://api.example.com/items', { method }));
  await untilEnd(Promise.all(items), 500);

  expect([most, atWork]).toEqual([20, 0]);
});

function runJob(server: typeof fetch, step = 20): Promise<{ steady: typeof fetch }> {
  return untilEnd(importSnippet('recipes-server.md', MANY_ITEMS, server), step);
}

async function untilEnd<T>(work: Promise<T>, step: number): Promise<T> {
  let isOver = false;
  const ended = work.finally(() => (isOver = true));
  while (!isOver) {
    await vi.advanceTimersByTimeAsync(step);
    await setImmediate();
  }
  return ended;
}
