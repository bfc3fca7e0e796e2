import { each } from '../harm/arrivals.ts';
import type { Reply } from '../harm/situation.ts';
import type { Exception } from './exception.ts';
import { outage } from './outage.ts';
import { beside, plainStack, standardStack } from './stacks.ts';

/** Requests hang, or fail late, or good answers take nearly as long as they may. */
export const SLOW: readonly Exception[] = [
  {
    situation:
      'Half of the answers take 3 to 4 s, `standard()` cuts an attempt after half of its `timeout`, and the plain retry cuts none; 1 call a second, counted: all calls',
    ...beside({ timeout: 5_000 }),
    plain: plainStack({ timeout: 5_000, attemptTimeout: 5_000 }),
    lasts: 120_000,
    calls: each(1_000, 120_000),
    server: (random) => () => ({ status: 200, after: random() < 0.5 ? 3_000 + 1_000 * random() : 100 }),
    instead: standardStack({ timeout: 5_000, attemptTimeout: 4_500 }),
  },
  {
    situation: 'All requests hang for 3 s, and then get 502 for a second; good answers take a second',
    ...beside({ timeout: 5_000 }),
    ...outage({ for: 4_000, good: 1_000, answers: hangThen502 }),
  },
  {
    situation:
      'For 12 s each request fails after 5 s, as if packets were lost on the way to the server; good answers take 6 s',
    ...beside(),
    ...outage({ for: 12_000, good: 6_000, answers: { error: 'UND_ERR_CONNECT_TIMEOUT', after: 5_000 } }),
  },
  {
    situation: 'For 15 s the server answers each request with 504, after 10 s; good answers take a second',
    ...beside({ timeout: 20_000, attemptTimeout: 5_000, retry: 3 }),
    ...outage({ for: 15_000, good: 1_000, answers: { status: 504, after: 10_000 } }),
  },
  {
    situation: 'For 8 s the server answers each request with 502, after 2.5 s; good answers also take 2.5 s',
    ...beside({ timeout: 10_000, retry: 3 }),
    ...outage({ for: 8_000, good: 2_500, answers: { status: 502, after: 2_500 } }),
  },
];

function hangThen502(left: number): Reply {
  return left > 1_000 ? 'hang' : { status: 502, after: 5 };
}
