import { bucket, concurrency, fixedWindow, slidingLog } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { risingConcurrency } from './odd-limits.ts';
import { limiterStack, standardStack } from './stacks.ts';
import { asksFor, NOTHING, RETRY_AFTER } from './tells.ts';
import { loop, random, rising } from './traffic.ts';

const MINUTE = 60_000;

/** Limits of which nothing is told but a wait. */
export const UNTOLD: readonly Exception[] = [
  {
    situation: 'Refusals of a window of 50 a second ask callers to wait for a second, at 90 %',
    ...standardBeside(),
    instead: standardStack({ rateLimit: { limit: { requests: 50, per: 1_000 } } }),
    measure: MEASURES.half,
    ...random(45, 3 * MINUTE),
    server: limited({ limit: fixedWindow(50, 1_000), tells: RETRY_AFTER }),
  },
  {
    situation: 'A silent sliding log of 10 a second; answers of 1.5 s, calls of 5 s, at 70 %',
    ...limiterBeside({}, 5_000),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }, 5_000),
    ...random(7),
    travel: (chance) => 5 + 45 * chance(),
    server: limited({ limit: slidingLog(10, 1_000), answers: 1_500 }),
  },
  {
    situation:
      '40 workers call a silent bucket of 10 a second; answers of 3 s, counted: calls done in the fourth minute',
    ...limiterBeside(),
    instead: limiterStack({ limit: { requests: 10, per: 1_000 } }),
    measure: MEASURES.done,
    ...loop(40, 4 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: bucket(10, 10), tells: NOTHING, answers: 3_000 }),
  },
  {
    situation:
      'A silent limit of 5 requests of 2 s at once rises to 20, and calls rise from 1.5 to 6 a second; counted: the next three minutes',
    ...limiterBeside(),
    ...rising(1.5, 6, 3 * MINUTE, 6 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: risingConcurrency(5, 20, 3 * MINUTE), answers: 2_000 }),
  },
  {
    situation:
      'A silent limit of 3 requests of a second at once rises to 12, and 14 workers call; counted: calls done in the next three minutes',
    ...standardBeside(),
    measure: MEASURES.done,
    ...loop(14, 6 * MINUTE),
    judged: (_, { at }) => at >= 3 * MINUTE,
    server: limited({ limit: risingConcurrency(3, 12, 3 * MINUTE), answers: 1_000 }),
  },
  {
    situation: 'A server accepts three requests of 10 ms at once, and refusals ask callers to wait for 2 s, at 70 %',
    ...limiterBeside(),
    measure: MEASURES.half,
    ...random(210, 5_000),
    server: limited({ limit: concurrency(3, 10), tells: asksFor(2), answers: 10 }),
  },
];
