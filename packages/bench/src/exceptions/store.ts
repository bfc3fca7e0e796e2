import { bucket, fixedWindow, slidingLog } from '../limits/limits.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { limited, spread } from './limited-servers.ts';
import { MEASURES } from './measures.ts';
import { usedUpBetween } from './odd-limits.ts';
import { alone, eachCall, processes, said, slow, storeBeside } from './store-stacks.ts';
import { TROUBLE } from './store-trouble.ts';
import { asksFor, INSTANT_WITHOUT_DATE, POLICY, RETRY_AFTER, SECONDS } from './tells.ts';
import { burst, random } from './traffic.ts';

const MINUTE = 60_000;
const SECOND = 1_000;

/** What slots in time cost where little is told, or calls have little time. */
const SLOTS: readonly Exception[] = [
  {
    situation: 'Two processes call a fixed window of 20 a second; requests travel for 0.25 to 0.75 s, at 90 %',
    ...storeBeside(),
    instead: alone(),
    ...processes(2, spread(250, 750)),
    ...random(18),
    server: limited({ limit: fixedWindow(20, SECOND), tells: asksFor(1), answers: 20 }),
  },
  {
    situation: 'The same with a sliding log',
    ...storeBeside(),
    instead: said(19, SECOND),
    ...processes(2, spread(250, 750)),
    ...random(18),
    server: limited({ limit: slidingLog(20, SECOND), tells: asksFor(1), answers: 20 }),
  },
  {
    situation: 'Four processes call a limit of 10 a second without a burst; requests travel for 5 to 65 ms, at 80 %',
    ...storeBeside(),
    ...processes(4, spread(5, 65)),
    ...random(8),
    server: limited({ limit: bucket(10, 1), tells: RETRY_AFTER, answers: 20 }),
  },
  {
    situation: 'The same, for 5 to 155 ms',
    ...storeBeside(),
    ...processes(4, spread(5, 155)),
    ...random(8),
    server: limited({ limit: bucket(10, 1), tells: RETRY_AFTER, answers: 20 }),
  },
  {
    situation: 'Eight processes call a bucket of 50 a second that holds five, at 90 %',
    ...storeBeside(),
    instead: alone(),
    measure: MEASURES.half,
    ...processes(8),
    ...random(45),
    server: limited({ limit: bucket(50, 5), tells: RETRY_AFTER }),
  },
  {
    situation:
      'Others call a reported window of ten in 10 s at twice its limit for two minutes; three processes, at 80 % of it, calls of 30 s, counted: those of four minutes from then on',
    ...storeBeside({}, {}, 30_000),
    instead: alone(30_000),
    ...processes(3),
    ...random(0.8, 6 * MINUTE),
    judged: made(2 * MINUTE, 6 * MINUTE),
    server: limited({ limit: usedUpBetween(fixedWindow(10, 10 * SECOND), 2 * MINUTE, 4 * MINUTE), tells: SECONDS }),
  },
  {
    situation: 'One process makes 20 calls of five minutes at once, at a reported window of 10 a minute',
    ...storeBeside({}, {}, 5 * MINUTE),
    instead: alone(5 * MINUTE),
    ...processes(1),
    ...burst(20),
    server: limited({ limit: fixedWindow(10, MINUTE), tells: SECONDS }),
  },
  {
    situation: 'Eight processes call a reported limit of one in 5 s, at 90 %',
    ...storeBeside(),
    instead: alone(),
    ...processes(8),
    ...random(0.18, 10 * MINUTE),
    server: limited({ limit: bucket(0.2, 1), tells: POLICY }),
  },
  {
    situation:
      'Each call has a stack of its own and is aborted after 3 s, which loses its slot, at 120 % of 5 a second',
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
    situation: `A quota of 60 a minute reports its end as an instant, its \`Date\` is hidden, and clocks are ${minutes} min slow; calls of 30 s, at 80 %`,
    ...slow(minutes * MINUTE, storeBeside({}, {}, 30_000)),
    instead: 'expose `Date`',
    ...processes(2),
    ...random(0.8, 5 * MINUTE),
    server: limited({ limit: fixedWindow(60, MINUTE), tells: INSTANT_WITHOUT_DATE }),
  })),
];

/** Behind `rateLimit` with a store. */
export const STORE: readonly Exception[] = [...SLOTS, ...TROUBLE];
