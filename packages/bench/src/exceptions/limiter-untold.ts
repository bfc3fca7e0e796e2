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
const FIRST = { proof: 'first' } as const;

/** Limits of which nothing is told but a wait. */
export const UNTOLD: readonly Exception[] = [
  {
    situation: 'a sliding log of 10 a second that tells nothing, at 80 %',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    measure: MEASURES.half,
    ...random(8),
    travel: (chance) => 5 + 45 * chance(),
    server: limited({ limit: slidingLog(10, 1_000) }),
  },
  {
    situation: 'a sliding log of 10 a second that tells nothing, at 70 %, answers of 1.5 s, calls of 5 s',
    ...limiterBeside({}, 5_000),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }, 5_000),
    ...random(7),
    travel: (chance) => 5 + 45 * chance(),
    server: limited({ limit: slidingLog(10, 1_000), answers: 1_500 }),
  },
  {
    situation:
      'two calls of 5 s come together, each 15 to 60 s, at a limit of one a second without a burst, with `Retry-After`: a burst of two and a slow pace explain the same refusals; the second ones',
    ...limiterBeside({}, 5_000),
    instead: limiterStack(FIRST, 5_000),
    lasts: 10 * MINUTE,
    calls: pairs,
    ask: (index) => ({ path: `/items/${index % 2}` }),
    judged: ({ path }) => path === '/items/1',
    server: limited({ limit: bucket(1, 1), tells: RETRY_AFTER }),
  },
  {
    situation:
      'a limit of 5 a second that holds five, answers of a second, at 115 %; the caller aborts half of its calls after 3 s, and the limiter does not know when',
    ...standardBeside(),
    instead: 'give the time to `timeout`',
    ...random(5.75),
    ask: (_, chance) => (chance < 0.5 ? { path: '/', quits: 3_000 } : { path: '/' }),
    server: limited({ limit: bucket(5, 5), tells: RETRY_AFTER, answers: 1_000 }),
  },
  {
    situation: 'a limit of 10 a second that holds ten and tells nothing, answers of 4 s, at 110 %',
    ...limiterBeside(),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }),
    ...random(11),
    server: limited({ limit: bucket(10, 10), answers: 4_000 }),
  },
  {
    situation:
      'a loop of 130 workers calls a bucket of 5 a second that holds ten, with `Retry-After`, answers of 20 s; calls done in five minutes',
    ...limiterBeside({}, 300_000),
    instead: limiterStack({ limit: { requests: 5, per: 1_000 } }, 300_000),
    measure: MEASURES.done,
    ...loop(130, 5 * MINUTE),
    server: limited({ limit: bucket(5, 10), tells: RETRY_AFTER, answers: 20_000 }),
  },
  {
    situation:
      'a loop of 40 workers calls a bucket of 10 a second that holds ten and tells nothing, answers of 3 s: a number of requests in flight is taken for the limit; calls done in the fourth minute',
    ...limiterBeside(),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }),
    measure: MEASURES.done,
    ...loop(40, 4 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: bucket(10, 10), tells: NOTHING, answers: 3_000 }),
  },
  {
    situation:
      'a limit of 5 requests at once, of 2 s, that tells nothing rises to 20, and the calls from 1.5 a second to 6; calls of the three minutes after that',
    ...limiterBeside(),
    ...rising(1.5, 6, 3 * MINUTE, 6 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: risingConcurrency(5, 20, 3 * MINUTE), answers: 2_000 }),
  },
  {
    situation:
      'a limit of 3 requests at once, of a second, that tells nothing rises to 12; a loop of 14 workers: calls done in the three minutes after that',
    ...standardBeside(),
    measure: MEASURES.done,
    ...loop(14, 6 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: risingConcurrency(3, 12, 3 * MINUTE), answers: 1_000 }),
  },
  {
    situation:
      '60 calls of 15 s at once meet a bucket of 5 a second that holds five and tells nothing; half of the answers take 5 s',
    ...limiterBeside({}, 15_000),
    ...burst(60),
    server: limited({ limit: bucket(5, 5), answers: (chance) => (chance() < 0.5 ? 100 : 5_000) }),
  },
  {
    situation: 'a limit of three requests at once, of 10 ms, asks to wait 2 s, at 70 %',
    ...limiterBeside(),
    measure: MEASURES.half,
    ...random(210, 5_000),
    server: limited({ limit: concurrency(3, 10), tells: asksFor(2), answers: 10 }),
  },
];

function pairs(chance: () => number): { at: number[] } {
  const at: number[] = [];
  for (let next = 0; next < 10 * MINUTE; next += 15_000 + 45_000 * chance()) at.push(next, next);
  return { at };
}
