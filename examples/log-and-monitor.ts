// A log line per retry, recovery and give-up; counts for a dashboard; and one alert when too many calls need retries.
//
//   pnpm example log-and-monitor

import { fakeFetch, instantClock } from '@steadfetch/testing';
import { compose, constant, countRetries, logRetries, observe, retry, retryMonitor } from 'steadfetch';

const server = fakeFetch([200, 503, 200, { error: 'ECONNRESET' }, 503, 503, 200]);
const clock = instantClock();

const log = { info: console.log, warn: console.log, error: console.log }; // or console, pino(), winston
const counts: Record<string, number> = {};
const monitor = retryMonitor({
  threshold: 0.5,
  minCalls: 3,
  onExcessive: ({ retried, calls }) => console.log(`ALERT: ${retried} of ${calls} calls needed retries`),
  onRecovered: ({ retried, calls }) => console.log(`over: ${retried} of ${calls}`),
  clock,
});
const count = countRetries(({ event = '' }) => {
  counts[event] = (counts[event] ?? 0) + 1;
});
const fetchSteadily = compose(
  observe(monitor, { clock }),
  observe(count, { clock }),
  observe(logRetries(log), { clock }), // the innermost observer gets each event first
  retry({ delay: constant(100), clock }),
)(server);

for (let i = 1; i <= 17; i++) await fetchSteadily(`https://api.test/users/${i}?token=secret`);
console.log(counts);

// Output:
// GET https://api.test/users/2 failed with 503 (attempt 1 of 3), retrying in 100 ms (backoff)
// GET https://api.test/users/2 ended with 200 after 2 attempts and 100 ms
// GET https://api.test/users/3 failed with ECONNRESET (attempt 1 of 3), retrying in 100 ms (backoff)
// ALERT: 2 of 3 calls needed retries
// GET https://api.test/users/3 failed with 503 (attempt 2 of 3), retrying in 100 ms (backoff)
// GET https://api.test/users/3 failed with 503 (attempt 3), giving up: limit (no retries are left)
// over: 2 of 17
// { retry: 3, recover: 1, 'give-up': 1 }
