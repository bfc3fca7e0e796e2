// Twenty workers with sixty jobs, and a server that allows two hundred requests a second. rateLimit() reads the limit
// from the headers: no job is lost, and few requests are refused.
//
//   pnpm example rate-limit

import { rateLimited, startServer } from '@steadfetch/testing';
import { compose, rateLimit, retry } from 'steadfetch';

const limit = rateLimited({ rate: 200, burst: 10, hint: 'ratelimit' });
await using server = await startServer(limit);

const fetchSteadily = compose(retry(), rateLimit())(fetch);

let jobs = 60;
let done = 0;
async function worker(): Promise<void> {
  while (jobs-- > 0) {
    const response = await fetchSteadily(server.url);
    if (response.ok) done++;
  }
}
await Promise.all(Array.from({ length: 20 }, worker));

console.log(done, 'of 60 jobs done');
console.log('refused on the way: fewer than one in ten:', limit.refused < 6);

// Output:
// 60 of 60 jobs done
// refused on the way: fewer than one in ten: true
