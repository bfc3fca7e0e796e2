// Conditions for one API: retry a 422 while it imports, a response with a certain header, and a 200 that is not ready.
//
//   pnpm example custom-condition

import { startServer } from '@steadfetch/testing';
import { constant, type Failure, peek, retry } from 'steadfetch';

await using server = await startServer([
  { status: 422, json: { error: 'import is running' } },
  { status: 400, headers: { 'x-cache': 'warming' } },
  { status: 200, json: { state: 'pending' } },
  { status: 200, json: { state: 'ready' } },
  { status: 422, json: { error: 'name is missing' } },
]);

/** After `undefined` the default rules decide. */
async function shouldRetry({ response }: Failure): Promise<boolean | undefined> {
  if (response?.status === 422) return (await peek(response)).includes('import is running');
  if (response?.headers.get('x-cache') === 'warming') return true;
  return undefined;
}

const fetchSteadily = retry({
  maxRetries: 5,
  delay: constant(10),
  shouldRetry,
  inspect: async (response) => (await peek(response)).includes('"pending"'),
  hooks: { onRetry: ({ cause, reason }) => console.log(`${cause}: retried, by ${reason}`) },
})(fetch);

const ready = await fetchSteadily(server.url);
console.log(ready.status, await ready.json());

const wrong = await fetchSteadily(server.url);
console.log(wrong.status, await wrong.json());

// Output:
// 422: retried, by predicate
// 400: retried, by predicate
// 200: retried, by inspect
// 200 { state: 'ready' }
// 422 { error: 'name is missing' }
