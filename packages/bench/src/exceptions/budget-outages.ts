import { each } from '../harm/arrivals.ts';
import { between, except, refusal } from '../harm/servers.ts';
import type { Reply } from '../harm/situation.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { failing, outage, toldEnd } from './outage.ts';
import { beside } from './stacks.ts';

const REFUSED: Reply = { error: 'ECONNREFUSED', after: 2 };

/** All requests fail at once, for seconds. */
export const OUTAGES: readonly Exception[] = [
  {
    situation: 'The server answers 503 with `Retry-After: 1` for 3 s; 50 calls a second',
    ...beside(),
    ...outage({ for: 3_000, calls: 50, answers: refusal(503, 1) }),
  },
  {
    situation: 'The server answers 90 % of the requests with 503 and `Retry-After: 1` for 3 s; 50 calls a second',
    ...beside(),
    ...outage({ for: 3_000, calls: 50, share: 0.9, answers: refusal(503, 1) }),
  },
  {
    situation: 'The server answers 503 with `Retry-After: 1` for 5 s; good answers take a second',
    ...beside({ timeout: 5_000, retry: 3 }),
    ...outage({ for: 5_000, good: 1_000, answers: refusal(503, 1) }),
  },
  {
    situation: 'The server refuses connections for 3 s; good answers take a second',
    ...beside({ timeout: 5_000, retry: 3 }),
    ...outage({ for: 3_000, good: 1_000, answers: REFUSED }),
  },
  {
    situation:
      'For 40 s the server answers 503 and the time left in `Retry-After`, at first longer than a call may take (30 s); good answers take 2 s, 3 calls a second',
    ...beside(),
    ...outage({ for: 40_000, calls: 3, good: 2_000, answers: toldEnd }),
  },
  {
    situation: 'The same 40 s; good answers take 4 s, 10 calls a second',
    ...beside(),
    ...outage({ for: 40_000, good: 4_000, answers: toldEnd }),
  },
  {
    situation:
      'Other clients have used up the quota, and for 55 s the server answers 429 and the time left in `Retry-After`; good answers take a second, 5 calls a second',
    ...beside(),
    ...outage({ for: 55_000, calls: 5, good: 1_000, answers: (left) => refusal(429, Math.ceil(left / 1_000)) }),
  },
  {
    situation:
      'All requests fail for 20 s, and then half of them; 5 calls a second, counted: those of the first 10 s after the 20 s',
    ...beside(),
    lasts: 50_000,
    calls: each(200, 50_000),
    server: except(between(10_000, 30_000), refusal(503), (request) => failing(request.at < 10_000 ? 0 : 0.5)(request)),
    judged: made(30_000, 40_000),
    seeds: 10,
  },
];
