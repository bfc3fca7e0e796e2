import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

interface Snippet {
  report: { queryFn: (context: object) => Promise<unknown> };
}

it("the stack in place of TanStack's loop outlasts three seconds of 503, as that loop does", async () => {
  let isAway = true;
  const server = async () => (isAway ? new Response(null, { status: 503 }) : Response.json('fine'));
  const { report } = await importSnippet<Snippet>('recipes.md', 'queryFn', server);
  const outcomes: Promise<unknown>[] = [];

  for (let query = 0; query < 10; query++) {
    outcomes.push(report.queryFn({ signal: new AbortController().signal }).catch(String));
    await vi.advanceTimersByTimeAsync(300);
  }
  isAway = false;
  await vi.advanceTimersByTimeAsync(30_000);

  expect(await Promise.all(outcomes)).toEqual(Array(10).fill('fine'));
});
