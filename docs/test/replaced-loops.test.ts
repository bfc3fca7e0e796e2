import { expect, it, vi } from 'vitest';
import { importCode, snippetOf } from './import-snippet.ts';

// A stack in place of the loop of a client or a library must outlast what that loop outlasts.

const SECOND = 1_000;

/** The loop, the page, words of the snippet, and when the last retry of the loop is due. */
const LOOPS: readonly [loop: string, page: string, words: string, lasts: number][] = [
  ['fetch-retry', 'migration.md', 'was: fetchRetry', 3 * SECOND],
  ['p-retry', 'migration.md', 'was: pRetry', 7 * SECOND],
  ['got', 'migration.md', 'as got', 3 * SECOND],
  ['RetryAgent', 'migration.md', 'was: new RetryAgent', 15.5 * SECOND],
  ['urllib3', 'migration-python.md', 'const patient', 15 * SECOND],
  ['Octokit', 'recipes-apis.md', "Octokit's own retries", 14 * SECOND],
  ['Octokit', 'clients.md', 'new Octokit', 14 * SECOND],
  ['Supabase', 'clients.md', 'createClient(', 7 * SECOND],
  ['PostgREST', 'clients.md', 'new PostgrestClient', 7 * SECOND],
  ['TanStack Query', 'recipes.md', 'queryFn', 7 * SECOND],
  ['TanStack Query', 'clients.md', 'queryFn', 7 * SECOND],
];

it.each(LOOPS)('the stack in place of the loop of %s in %s outlasts what that loop does', async (...row) => {
  const [, page, words, lasts] = row;
  let isAway = false;
  const steady = await stackOf(page, words, async () => Response.json('fine', { status: isAway ? 503 : 200 }));
  isAway = true;
  const calls = Array.from({ length: 20 }, () =>
    steady('https://api.example.com/').then(({ status }) => status, String),
  );

  await vi.advanceTimersByTimeAsync(lasts - 1);
  isAway = false;
  await vi.advanceTimersByTimeAsync(60 * SECOND);

  expect(await Promise.all(calls)).toEqual(Array(20).fill(200));
});

/** The one of the snippet with these words; without the client, which is not installed here. */
async function stackOf(page: string, words: string, server: typeof fetch): Promise<typeof fetch> {
  const code = snippetOf(page, words);
  const own = code.split('\n').filter((line) => /^import .*steadfetch'|^const (retry|steady) =/.test(line));
  const name = /^(?:export )?const (steady|session|api) = /m.exec(code)![1];
  const runnable = page === 'clients.md' ? own.join('\n') : code;
  return (await importCode<{ stack: typeof fetch }>(`${runnable}\nexport const stack = ${name};\n`, server)).stack;
}
