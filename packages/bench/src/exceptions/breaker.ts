import { each } from '../harm/arrivals.ts';
import { except, refusal } from '../harm/servers.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { failing, outage, toldEnd } from './outage.ts';
import { beside, standardStack } from './stacks.ts';

const ON = { circuitBreaker: true };
const TENANT = 'x-tenant';

/** Behind `circuitBreaker`. */
export const BREAKER: readonly Exception[] = [
  {
    situation: 'For 25 s the server answers 503 and the time left in `Retry-After`',
    ...beside({}, ON),
    ...outage({ for: 25_000, answers: toldEnd }),
  },
  {
    situation: 'The same for 40 s, at first longer than a call may take (30 s)',
    ...beside({}, ON),
    ...outage({ for: 40_000, answers: toldEnd }),
  },
  {
    situation:
      'All requests fail for a minute, then answers take 4 s; 3 calls a second, counted: those of the first 20 s after the minute',
    ...beside({}, ON),
    ...outage({ for: 60_000, calls: 3, good: 4_000, answers: refusal(503) }),
    judged: made(70_000, 90_000),
  },
  {
    situation: 'The same minute, then answers take 15 s',
    ...beside({ attemptTimeout: 25_000 }, ON),
    ...outage({ for: 60_000, calls: 3, good: 15_000, answers: refusal(503) }),
    judged: made(70_000, 90_000),
  },
  {
    situation:
      "A path always fails for a tenant that makes 19 of 20 calls, and works for another; one call a second, counted: the other tenant's calls",
    ...beside({}, ON),
    lasts: 400_000,
    calls: each(1_000, 400_000),
    ask: (_, chance) => ({ path: '/reports', init: { headers: { [TENANT]: chance < 0.05 ? 'other' : 'broken' } } }),
    server: except(({ headers }) => headers.get(TENANT) === 'broken', { status: 500 }, failing(0)),
    judged: ({ init }) => new Headers(init?.headers).get(TENANT) === 'other',
    instead: standardStack({ circuitBreaker: { key: (call) => call.headers.get('x-tenant') ?? '' } }),
  },
];
