// A server fails three times: the circuit opens, calls are rejected unsent, and a probe closes it again.
//
//   pnpm example circuit-breaker

import { fakeFetch, manualClock } from '@steadfetch/testing';
import { CircuitOpenError, circuitBreaker, consecutive } from 'steadfetch';

const URL = 'https://api.test/';
const server = fakeFetch([503, 503, 503, 200]);
const clock = manualClock();

const guard = circuitBreaker({
  rule: consecutive(3),
  openFor: () => 5_000,
  clock,
  hooks: {
    onOpen: () => console.log('  open'),
    onHalfOpen: () => console.log('  half-open'),
    onClose: () => console.log('  closed'),
  },
});
const guarded = guard(server);

async function call(): Promise<void> {
  try {
    console.log((await guarded(URL)).status);
  } catch (error) {
    if (!(error instanceof CircuitOpenError)) throw error;
    console.log(`not sent, come back in ${error.retryAfter} ms`);
  }
}

for (let i = 0; i < 4; i++) await call();
await clock.advance(5_000);
for (let i = 0; i < 2; i++) await call();
console.log(server.calls.length, 'requests for 6 calls');

// Output:
// 503
// 503
//   open
// 503
// not sent, come back in 5000 ms
//   half-open
//   closed
// 200
// 200
// 5 requests for 6 calls
