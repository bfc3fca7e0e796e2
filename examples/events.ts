// Why a call took eight seconds: everything that happened to it, as events, and as one line in the log.
//
//   pnpm example events

import { fakeFetch, instantClock } from '@steadfetch/testing';
import { compose, observe, rateLimit, retry } from 'steadfetch';
import { logCalls } from 'steadfetch/kit';

const server = fakeFetch([
  { status: 503, headers: { 'retry-after': '3' } },
  { status: 429, headers: { 'retry-after': '5' } },
  200,
]);
const clock = instantClock();
const log = { info: console.log, warn: console.log, error: console.log }; // or console, pino(), winston
const levels = { retry: false, recover: false, wait: false } as const;

const steady = compose(
  observe(logCalls(log, { levels }), { clock }),
  observe(
    (event) => {
      const ms = 'ms' in event ? ` ${Math.round(event.ms ?? 0)} ms` : '';
      console.log(`${event.type} (${event.attempt})${ms}`, event.meta);
    },
    { clock },
  ),
  retry({ clock, random: () => 0 }),
  rateLimit({ clock, random: () => 0 }),
)(server);

await steady('https://api.test/report?token=secret', { steadfetch: { meta: 'job 7' } });

// Output:
// start (1) job 7
// attempt (1) 0 ms job 7
// gate (2) 3001 ms job 7
// attempt (2) 0 ms job 7
// gate (2) 5001 ms job 7
// gate (3) 5001 ms job 7
// attempt (3) 0 ms job 7
// end (3) 8002 ms job 7
// GET api.test/report 200 in 8.0 s: 503, waited 3.0 s (gate), 429, waited 5.0 s (gate), 200
