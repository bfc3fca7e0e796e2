import { each, pages } from '../harm/arrivals.ts';
import { between, except, refusal } from '../harm/servers.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { outage, toldEnd } from './outage.ts';
import { failing } from './servers.ts';
import { beside, standardStack } from './stacks.ts';

const HOUR = 3_600_000;
const ON = { circuitBreaker: true };
const TENANT = 'x-tenant';

/** Behind `circuitBreaker`. */
export const BREAKER: readonly Exception[] = [
  {
    situation: 'A maintenance of 25 s tells how long it lasts',
    ...beside({}, ON),
    ...outage({ for: 25_000, answers: toldEnd }),
  },
  {
    situation: 'A maintenance of 40 s does so, and is longer than a call may take',
    ...beside({}, ON),
    ...outage({ for: 40_000, answers: toldEnd }),
  },
  {
    situation:
      'All requests fail for a minute, and then answers take 4 s; 3 calls a second, counted: those of the 20 s after the minute',
    ...beside({}, ON),
    ...outage({ for: 60_000, calls: 3, good: 4_000, answers: refusal(503) }),
    judged: made(70_000, 90_000),
  },
  {
    situation: 'The same; answers take 15 s',
    ...beside({ attemptTimeout: 25_000 }, ON),
    ...outage({ for: 60_000, calls: 3, good: 15_000, answers: refusal(503) }),
    judged: made(70_000, 90_000),
  },
  {
    situation:
      'A path is broken for one tenant, whose calls come each second, and another tenant calls it each 20 s; counted: the calls of the other',
    ...beside({}, ON),
    lasts: 400_000,
    calls: each(1_000, 400_000),
    ask: (_, chance) => ({ path: '/reports', init: { headers: { [TENANT]: chance < 0.05 ? 'other' : 'broken' } } }),
    server: except(({ headers }) => headers.get(TENANT) === 'broken', { status: 500 }, failing(0)),
    judged: ({ init }) => new Headers(init?.headers).get(TENANT) === 'other',
    instead: standardStack({ circuitBreaker: { key: (call) => call.headers.get('x-tenant') ?? '' } }),
  },
  {
    situation:
      '60 calls are made at once each hour, those of one hour hang, and in the next hour one call finds out that the server is well; counted: the calls of that hour',
    ...beside({}, ON),
    lasts: 3 * HOUR,
    calls: pages(60, HOUR, 3 * HOUR),
    server: except(between(HOUR, HOUR + 55_000), 'hang'),
    judged: made(2 * HOUR, 3 * HOUR),
    instead: standardStack({ circuitBreaker: { probes: 60 } }),
  },
];
