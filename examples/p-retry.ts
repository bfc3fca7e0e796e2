// An operation that is more than one fetch: fetch, parse, validate. p-retry drives it, by the rules and delays of retry().
//
//   pnpm example p-retry

import { startServer } from '@steadfetch/testing';
import pRetry from 'p-retry';
import { constant, pRetryOptions } from 'steadfetch';

await using server = await startServer([503, { json: { rows: null } }, { json: { rows: [1, 2, 3] } }]);

class Incomplete extends Error {
  override name = 'Incomplete';
}

async function fetchRows(url: string): Promise<number[]> {
  const response = await fetch(url);
  if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { response });
  const { rows } = (await response.json()) as { rows: number[] | null };
  if (rows === null) throw new Incomplete('the rows are missing');
  return rows;
}

const options = pRetryOptions({
  delay: constant(10),
  shouldRetry: ({ error }) => (error instanceof Incomplete ? true : undefined),
  hooks: { onRetry: ({ attempt, cause, reason }) => console.log(`attempt ${attempt}: ${cause}, by ${reason}`) },
});

console.log(await pRetry(() => fetchRows(server.url), options));

// Output:
// attempt 1: 503, by status
// attempt 2: Incomplete, by predicate
// [ 1, 2, 3 ]
