import { retry } from 'steadfetch';
import { bursts } from '../harm/arrivals.ts';
import type { Exception } from './exception.ts';
import { failing, outage } from './outage.ts';
import { beside, layers, plainStack, standardStack } from './stacks.ts';

const NEVER = 600_000;

/** What few meet. */
export const RARE: readonly Exception[] = [
  {
    situation: '60 calls are made within 2 s while connections are refused, and none later; counted: all calls',
    ...beside(),
    lasts: 2_000,
    calls: bursts(60, 2_000, 2_000, 2_000),
    server: () => (request) => (request.at < 2_000 ? { error: 'ECONNREFUSED', after: 1 } : failing(0)(request)),
  },
  {
    situation:
      '200 calls are made at once, a third of the requests get a 503 within a second, and good answers take 8 s; counted: all calls',
    ...beside(),
    lasts: 1_000,
    calls: () => ({ at: Array.from({ length: 200 }, () => 0) }),
    server: (random) => (request) =>
      request.chance < 1 / 3 ? { status: 503, after: 1_000 * random() } : { status: 200, after: 8_000 },
  },
  {
    situation: 'For 14 s the server answers each request with 504, after 8 s, and no `timeout` is outside of `retry()`',
    ours: layers('retry()', ({ clock, random }) => [retry({ clock, random })]),
    plain: plainStack({ timeout: NEVER, attemptTimeout: NEVER }),
    ...outage({ for: 14_000, answers: { status: 504, after: 8_000 } }),
    instead: standardStack(),
  },
  {
    situation: 'All requests hang for 18 s; good answers take 36 s, 3 calls a second',
    ...beside({ timeout: 180_000, attemptTimeout: 60_000 }),
    ...outage({ for: 18_000, calls: 3, good: 36_000, answers: 'hang' }),
  },
];
