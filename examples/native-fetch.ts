// A server answers 503 twice, then 200. fetch with retry() around it returns the 200.
//
//   pnpm example native-fetch

import { startServer } from '@steadfetch/testing';
import { constant, historyOf, retry } from 'steadfetch';

await using server = await startServer([503, 503, { json: { name: 'Ada' } }]);

const fetchSteadily = retry({
  delay: constant(10),
  hooks: { onRetry: ({ attempt, cause, delay }) => console.log(`attempt ${attempt}: ${cause}, again in ${delay} ms`) },
})(fetch);

const response = await fetchSteadily(`${server.url}users/1`);

console.log(response.status, await response.json());
console.log(
  'history:',
  historyOf(response)?.map(({ status }) => status),
);

// Output:
// attempt 1: 503, again in 10 ms
// attempt 2: 503, again in 10 ms
// 200 { name: 'Ada' }
// history: [ 503, 503, 200 ]
