import { bucket, concurrency, slidingLog } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { risingConcurrency } from './odd-limits.ts';
import { limiterStack } from './stacks.ts';
import { asksFor, NOTHING, RETRY_AFTER } from './tells.ts';
import { burst, loop, random, rising } from './traffic.ts';

const MINUTE = 60_000;
const _FIRST = { proof: 'first' } as const;

/** Limits of which nothing is told but a wait. */
export const UNTOLD: readonly Exception[] = [
  {
    situation: 'A sliding log of 10 a second tells nothing, at 70 %, with calls of 5 s; answers take 1.5 s',
    ...limiterBeside({}, 5_000),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }, 5_000),
    ...random(7),
    travel: (chance) => 5 + 45 * chance(),
    server: limited({ limit: slidingLog(10, 1_000), answers: 1_500 }),
  },
  {
    situation: 'A bucket of 10 a second that holds ten tells nothing, at 110 %; answers take 4 s',
    ...limiterBeside(),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }),
    ...random(11),
    server: limited({ limit: bucket(10, 10), answers: 4_000 }),
  },
  {
    situation:
      'A loop of 130 workers calls a bucket of 5 a second that holds ten and asks to wait; answers take 20 s; counted: calls done in five minutes',
    ...limiterBeside({}, 300_000),
    instead: limiterStack({ limit: { requests: 5, per: 1_000 } }, 300_000),
    measure: MEASURES.done,
    ...loop(130, 5 * MINUTE),
    server: limited({ limit: bucket(5, 10), tells: RETRY_AFTER, answers: 20_000 }),
  },
  {
    situation:
      'A loop of 40 workers calls a bucket of 10 a second that holds ten and tells nothing, and the limiter takes a number of requests in flight for the limit; answers take 3 s; counted: calls done in the fourth minute',
    ...limiterBeside(),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }),
    measure: MEASURES.done,
    ...loop(40, 4 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: bucket(10, 10), tells: NOTHING, answers: 3_000 }),
  },
  {
    situation:
      'A limit of 5 requests of 2 s at once tells nothing and rises to 20, as the calls do from 1.5 a second to 6; counted: those of the three minutes after it',
    ...limiterBeside(),
    ...rising(1.5, 6, 3 * MINUTE, 6 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: risingConcurrency(5, 20, 3 * MINUTE), answers: 2_000 }),
  },
  {
    situation:
      'A limit of 3 requests of a second at once tells nothing and rises to 12, and a loop of 14 workers calls it; counted: calls done in the three minutes after it',
    ...standardBeside(),
    measure: MEASURES.done,
    ...loop(14, 6 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: risingConcurrency(3, 12, 3 * MINUTE), answers: 1_000 }),
  },
  {
    situation:
      '60 calls of 15 s come at once to a bucket of 5 a second that holds five and tells nothing; half of the answers take 5 s',
    ...limiterBeside({}, 15_000),
    ...burst(60),
    server: limited({ limit: bucket(5, 5), answers: (chance) => (chance() < 0.5 ? 100 : 5_000) }),
  },
  {
    situation: 'A limit of three requests of 10 ms at once asks to wait 2 s, at 70 %',
    ...limiterBeside(),
    measure: MEASURES.half,
    ...random(210, 5_000),
    server: limited({ limit: concurrency(3, 10), tells: asksFor(2), answers: 10 }),
  },
];
