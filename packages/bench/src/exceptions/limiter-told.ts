import { pages } from '../harm/arrivals.ts';
import { bucket, fixedWindow, slidingCounter, slidingLog } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { windowFromFirst, withOthers, withOthersAtStart } from './odd-limits.ts';
import { beside, limiterStack } from './stacks.ts';
import { asPolicy, INSTANT, POLICY, RETRY_AFTER, renewedIn, SECONDS, SECONDS_ALONE } from './tells.ts';
import { burst, loop, random } from './traffic.ts';

const MINUTE = 60_000;

/** Limits that the server tells. */
export const TOLD: readonly Exception[] = [
  {
    situation:
      '500 calls at once meet a limit of 100 a minute, and may take ten minutes: a call waits for 65 s at the most',
    ...limiterBeside({}, 600_000),
    instead: limiterStack({ maxWait: 600_000 }, 600_000),
    ...burst(500),
    server: limited({ limit: fixedWindow(100, MINUTE), tells: RETRY_AFTER }),
  },
  {
    situation:
      'a sliding window of 60 a minute tells what is left and when its minute ends, as `@upstash/ratelimit` does, and is called at its limit, 10 s a call: what comes back within a minute is not told',
    ...limiterBeside({}, 10_000),
    instead: limiterStack({ proof: 'first' }, 10_000),
    ...random(1, 5 * MINUTE),
    server: limited({ limit: slidingCounter(60, MINUTE), tells: SECONDS_ALONE }),
  },
  {
    situation: 'one worker calls a bucket of 4 a minute, which tells when it is full again, one call after the other',
    ...limiterBeside(),
    instead: { text: '`rateLimit()`, calls of a minute', client: limiterStack({}, 60_000).client },
    ...loop(1, 10 * MINUTE),
    server: limited({ limit: bucket(4 / 60, 4), tells: SECONDS }),
  },
  {
    situation: 'a window of 5 a second begins with its first request, and its end is told in whole seconds, at 80 %',
    ...standardBeside(),
    instead: beside({}, { rateLimit: { limit: { requests: 5, per: 1_000 } } }).ours,
    measure: MEASURES.half,
    ...random(4),
    server: limited({ limit: windowFromFirst(5, 1_000), tells: SECONDS }),
  },
  {
    situation:
      'a window of 10 a second tells its end as an instant in whole seconds, without its length, answers of 3 s, at 75 %',
    ...standardBeside(),
    ...random(7.5),
    server: limited({ limit: fixedWindow(10, 1_000), tells: INSTANT, answers: 3_000 }),
  },
  {
    situation:
      'a window of 10 a second tells its end as an instant in whole seconds, without its length, answers of 3 s, at 90 %',
    ...standardBeside(),
    ...random(9),
    server: limited({ limit: fixedWindow(10, 1_000), tells: INSTANT, answers: 3_000 }),
  },
  {
    situation: 'a bucket of 10 a second that holds ten tells 600 a minute, answers of 3 s, at 70 %',
    ...standardBeside(),
    measure: MEASURES.half,
    ...random(7),
    server: limited({ limit: bucket(10, 10), tells: asPolicy(600, 60), answers: 3_000 }),
  },
  {
    situation:
      'others take 30 % of a bucket of 50 a second that holds five and tells 50 in a second, answers of a second, at 110 % of the rest',
    ...limiterBeside(),
    ...random(38.5, 30_000),
    server: limited({ limit: withOthers(bucket(50, 5), 15), tells: asPolicy(50, 1), answers: 1_000 }),
  },
  {
    situation: 'two processes use a told window of 52 a second at 103 %, answers of 12 s',
    ...limiterBeside(),
    ...random(53.5, 30_000),
    clients: 2,
    server: limited({ limit: fixedWindow(52, 1_000), tells: POLICY, answers: 12_000 }),
  },
  {
    situation:
      'a quota of 50 in ten seconds tells its reset an hour ahead, without its window, and is called at its limit; the first 100 s',
    ...limiterBeside(),
    instead: limiterStack({ proof: 'first' }),
    ...random(5, 100_000),
    server: limited({ limit: fixedWindow(50, 10_000), tells: renewedIn(3_600) }),
  },
  {
    situation:
      'others spend 80 % of a told window of 25 in five seconds that begins with its first request, answers of 3 s, calls of 8 s, at the rest of the limit',
    ...limiterBeside({}, 8_000),
    ...random(1),
    server: limited({ limit: withOthersAtStart(windowFromFirst(25, 5_000), 20), tells: SECONDS, answers: 3_000 }),
  },
  {
    situation:
      'others take 60 % of a told log of 40 in ten seconds as it begins, answers of 3 s, calls of 8 s, two processes at 110 % of the rest',
    ...limiterBeside({}, 8_000),
    ...random(1.76),
    clients: 2,
    server: limited({ limit: withOthersAtStart(slidingLog(40, 10_000), 24), tells: POLICY, answers: 3_000 }),
  },
  {
    situation:
      'a limit of 60 a minute is said, and the server keeps a bucket of ten; pages of 20 calls at 90 %, answers of 1.5 s: what is refused uses the said limit up',
    ...limiterBeside({ limit: { requests: 60, per: MINUTE } }),
    instead: limiterStack(),
    measure: MEASURES.half,
    lasts: 5 * MINUTE,
    calls: pages(20, 20_000 / 0.9, 5 * MINUTE),
    server: limited({ limit: bucket(1, 10), answers: 1_500 }),
  },
];
