import { setImmediate } from 'node:timers/promises';
import { networkError } from '@steadfetch/testing/simulation';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

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

  let isOver = false;
  const job = importSnippet('recipes-server.md', 'const slots = concurrency', server).finally(() => (isOver = true));
  while (!isOver) {
    await vi.advanceTimersByTimeAsync(20);
    await setImmediate();
  }
  await job;

  expect(done.size).toBe(500);
  expect(sends).toBeLessThan(650);
});
