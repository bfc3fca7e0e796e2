// standard() puts the layers in the right order, checks its options, and describes itself.
//
//   pnpm example standard-stack

import { startServer } from '@steadfetch/testing';
import { constant, standard } from 'steadfetch';

await using server = await startServer([503, { fault: 'reset' }, { body: 'fine' }]);

const stack = standard({ timeout: 5_000, attemptTimeout: 1_000, retry: { delay: constant(10) }, bufferBody: true });
console.log(stack.describe());

const response = await stack(fetch)(server.url);
console.log(response.status, await response.text(), `after ${server.requests.length} requests`);

try {
  standard({ timeout: 1_000, attemptTimeout: 5_000 });
} catch (error) {
  console.log(String(error));
}

// Output:
// timeout  call 5000
// retry  maxRetries 2  maxDelay 5000
// bufferBody  maxBytes 1000000
// timeout  attempt headers 1000  attempt body 1000
// fetch
// 200 fine after 3 requests
// RangeError: standard: attemptTimeout: expected less than timeout (1000), got 5000
