// What timeout() limits depends on its place: one attempt, the whole call, or a body that stalls.
//
//   pnpm example timeouts

import { startServer } from '@steadfetch/testing';
import { compose, constant, retry, TimeoutError, timeout } from 'steadfetch';

const hooks = {
  onRetry: ({ attempt }: { attempt: number }) => console.log(`  attempt ${attempt} took too long`),
  onGiveUp: ({ reason }: { reason: string }) => console.log(`  giving up: ${reason}`),
};

console.log('inside retry(), each attempt is limited');
await using slowOnce = await startServer([{ fault: 'stall-headers' }, 200]);
const perAttempt = compose(retry({ hooks }), timeout(1_000))(fetch);
console.log(' ', (await perAttempt(slowOnce.url)).status);

console.log('outside of retry(), the whole call is limited: a wait that does not fit does not begin');
await using busy = await startServer({ status: 503, headers: { 'retry-after': '30' } });
const perCall = compose(timeout(10_000), retry({ hooks }))(fetch);
console.log(' ', (await perCall(busy.url)).status);

console.log('a body that stalls');
await using stalled = await startServer({ fault: 'stall-body', body: 'half' });
const response = await compose(retry({ delay: constant(10) }), timeout({ body: 100 }))(fetch)(stalled.url);
await response.text().catch((error: unknown) => {
  if (error instanceof TimeoutError) console.log(`  ${error.name} in the ${error.phase}, after ${error.limit} ms`);
});

// Output:
// inside retry(), each attempt is limited
//   attempt 1 took too long
//   200
// outside of retry(), the whole call is limited: a wait that does not fit does not begin
//   giving up: deadline
//   503
// a body that stalls
//   TimeoutError in the body, after 100 ms
