import { bucket, fixedWindow, slidingLog } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { limited, spread } from './limited-servers.ts';
import { MEASURES } from './measures.ts';
import { windowFromFirst } from './odd-limits.ts';
import { alone, eachCall, processes, said, slow, storeBeside } from './store-stacks.ts';
import { TROUBLE } from './store-trouble.ts';
import { asksFor, INSTANT_WITHOUT_DATE, POLICY, RETRY_AFTER, SECONDS } from './tells.ts';
import { burst, random } from './traffic.ts';

const MINUTE = 60_000;
const SECOND = 1_000;

/** What slots in time cost where little is told, or calls have little time. */
const SLOTS: readonly Exception[] = [
  {
    situation: 'Two processes call a told window of 20 a second at 80 %; answers take 0.6 to 1.4 s',
    ...storeBeside(),
    instead: alone(),
    ...processes(2),
    ...random(16),
    server: limited({ limit: fixedWindow(20, SECOND), tells: SECONDS, answers: spread(600, 1_400) }),
  },
  {
    situation:
      'Two processes call a fixed window of 20 a second that asks to wait a second, at 90 %, and requests overtake each other, since they travel for 0.25 to 0.75 s',
    ...storeBeside(),
    instead: alone(),
    ...processes(2, spread(250, 750)),
    ...random(18),
    server: limited({ limit: fixedWindow(20, SECOND), tells: asksFor(1), answers: 20 }),
  },
  {
    situation:
      'Two processes call a sliding log of 20 a second that asks to wait a second, at 90 %, and requests travel for 0.25 to 0.75 s',
    ...storeBeside(),
    instead: said(19, SECOND),
    ...processes(2, spread(250, 750)),
    ...random(18),
    server: limited({ limit: slidingLog(20, SECOND), tells: asksFor(1), answers: 20 }),
  },
  {
    situation:
      'Four processes call a limit of 10 a second without a burst that asks to wait a second, at 80 %, and requests travel for 5 to 65 ms',
    ...storeBeside(),
    ...processes(4, spread(5, 65)),
    ...random(8),
    server: limited({ limit: bucket(10, 1), tells: RETRY_AFTER, answers: 20 }),
  },
  {
    situation:
      'Four processes call a limit of 10 a second without a burst that asks to wait a second, at 80 %, and requests travel for 5 to 155 ms',
    ...storeBeside(),
    ...processes(4, spread(5, 155)),
    ...random(8),
    server: limited({ limit: bucket(10, 1), tells: RETRY_AFTER, answers: 20 }),
  },
  {
    situation:
      'Eight processes call a bucket of 50 a second that holds five and asks to wait, at 90 %, and may hold too low a pace for a minute',
    ...storeBeside(),
    instead: alone(),
    measure: MEASURES.half,
    ...processes(8),
    ...random(45),
    server: limited({ limit: bucket(50, 5), tells: RETRY_AFTER }),
  },
  {
    situation: 'One process calls a told window of ten in ten seconds that begins with its first request, at 90 %',
    ...storeBeside(),
    instead: alone(),
    ...processes(1),
    ...random(0.9, 3 * MINUTE),
    server: limited({ limit: windowFromFirst(10, 10_000), tells: SECONDS, answers: 20 }),
  },
  {
    situation: 'One process makes 20 calls at once, of five minutes each, at a told window of 10 a minute',
    ...storeBeside({}, {}, 5 * MINUTE),
    instead: alone(5 * MINUTE),
    ...processes(1),
    ...burst(20),
    server: limited({ limit: fixedWindow(10, MINUTE), tells: SECONDS }),
  },
  {
    situation:
      'Eight processes call a told limit of one in 5 s without a burst, at 90 %; calls that have less time than their turn takes are declined',
    ...storeBeside(),
    instead: alone(),
    ...processes(8),
    ...random(0.18, 10 * MINUTE),
    server: limited({ limit: bucket(0.2, 1), tells: POLICY }),
  },
  {
    situation: 'Twenty processes call a told limit of one in 2 s without a burst, at 95 %, with calls of 40 s',
    ...storeBeside({}, {}, 40_000),
    instead: alone(40_000),
    ...processes(20),
    ...random(0.475, 4 * MINUTE),
    server: limited({ limit: bucket(0.5, 1), tells: POLICY }),
  },
  {
    situation:
      'A job of four workers in two processes makes 48 calls of 30 s at a told quota of 60 an hour, whose even shares lie further apart',
    ...storeBeside({}, {}, 30_000),
    instead: alone(30_000),
    ...processes(2),
    lasts: 5 * MINUTE,
    most: 48,
    calls: () => ({ workers: 4 }),
    server: limited({ limit: fixedWindow(60, 60 * MINUTE), tells: SECONDS }),
  },
  {
    situation:
      'Each call has a stack of its own, as in a function that is started anew, and is aborted after 3 s, so that its slot is lost, at 120 % of a limit of 5 a second without a burst',
    ...storeBeside({}, {}, 10 * MINUTE),
    ours: { text: '`rateLimit({ store })`', client: eachCall(storeBeside({}, {}, 10 * MINUTE).ours) },
    instead: {
      text: '`compose(timeout(2_999), rateLimit({ store }))`',
      client: eachCall(storeBeside({}, {}, 2_999).ours),
    },
    ...processes(6),
    ask: (_, chance) => ({ path: '/', client: Math.floor(6 * chance), quits: 3_000 }),
    ...random(6),
    server: limited({ limit: bucket(5, 1), tells: RETRY_AFTER, answers: 20 }),
  },
  ...[1, 5].map((minutes) => ({
    situation: `Two processes call a quota of 60 a minute at 80 %, with calls of 30 s; it tells its end as an instant, a page cannot read its \`Date\`, and their clocks are ${minutes === 1 ? 'a minute' : 'five minutes'} slow`,
    ...slow(minutes * MINUTE, storeBeside({}, {}, 30_000)),
    instead: 'expose `Date`',
    ...processes(2),
    ...random(0.8, 5 * MINUTE),
    server: limited({ limit: fixedWindow(60, MINUTE), tells: INSTANT_WITHOUT_DATE }),
  })),
];

/** Behind `rateLimit` with a store. */
export const STORE: readonly Exception[] = [...SLOTS, ...TROUBLE];
