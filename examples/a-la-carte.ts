// Only three packages: the first attempt gets no response, timeout() aborts it, and retry() sends the request again.
//
//   pnpm example a-la-carte

import { compose } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import { startServer } from '@steadfetch/testing';
import { timeout } from '@steadfetch/timeout';

await using server = await startServer([{ fault: 'stall-headers' }, 200]);

const fetchSteadily = compose(
  timeout(10_000), // the whole call
  retry({ hooks: { onRetry: ({ attempt, cause }) => console.log(`attempt ${attempt}: ${cause}`) } }),
  timeout(1_000), // one attempt
)(fetch);

const response = await fetchSteadily(server.url);
console.log(response.status, 'after', server.requests.length, 'requests');

// Output:
// attempt 1: TimeoutError
// 200 after 2 requests
