import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

interface Snippet {
  forUsers: typeof fetch;
  forJobs: typeof fetch;
}

it('users get their answers beside a job that uses up a limit of three calls a second', async () => {
  const { forUsers, forJobs } = await importSnippet<Snippet>('recipes-server.md', 'forUsers', limited(3));
  const withKey = { method: 'POST', headers: { 'idempotency-key': '"1"' } };
  const outcomes: boolean[] = [];
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) await forJobs('https://api.example.com/job').catch(() => {});
  };

  for (let worker = 0; worker < 20; worker++) void work();
  for (let user = 0; user < 60; user++) {
    await vi.advanceTimersByTimeAsync(2_000);
    forUsers('https://api.example.com/user', user % 2 === 0 ? {} : withKey).then(
      ({ ok }) => outcomes.push(ok),
      () => outcomes.push(false),
    );
  }
  await vi.advanceTimersByTimeAsync(30_000);
  isOver = true;

  expect(outcomes).toHaveLength(60);
  expect(outcomes.filter((ok) => ok).length).toBeGreaterThan(50);
});

/** So many calls a second, one after the other; the others are asked to wait for a second. */
function limited(perSecond: number): typeof fetch {
  let freeAt = 0;
  return async () => {
    const isFree = Date.now() >= freeAt;
    if (isFree) freeAt = Date.now() + 1_000 / perSecond;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return isFree ? new Response() : new Response(null, { status: 429, headers: { 'retry-after': '1' } });
  };
}
