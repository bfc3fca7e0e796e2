import type { Fetch } from 'steadfetch';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

it('the stack of all layers answers as many calls at once as standard() does', async () => {
  const server = async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return new Response();
  };
  const { fetchSteadily } = await importSnippet<{ fetchSteadily: Fetch }>('order.md', 'concurrency(50', server);

  const calls = Array.from({ length: 1_200 }, (_, id) => fetchSteadily(`https://api.example.com/items/${id}`));
  const outcomes = Promise.allSettled(calls);
  await vi.advanceTimersByTimeAsync(10_000);

  expect((await outcomes).filter(({ status }) => status === 'rejected')).toEqual([]);
});
