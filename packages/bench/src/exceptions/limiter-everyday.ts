import { between, except, refusal } from '../harm/servers.ts';
import { bucket, fixedWindow, slidingCounter, slidingLog } from '../limits/limits.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside, untilEnded, usersAndJob } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { limiterStack, plainStack } from './stacks.ts';
import { RETRY_AFTER, SECONDS_ALONE } from './tells.ts';
import { burst, jobAndUsers, random } from './traffic.ts';

const MINUTE = 60_000;
const FIRST = { proof: 'first' } as const;

/** What most users of a limiter meet first. */
export const EVERYDAY: readonly Exception[] = [
  {
    situation:
      'Users, whose calls may take 3 s, share a limiter with a job of 20 workers, at 3 a second without a burst; counted: the users',
    ours: { text: '`rateLimit()`', client: usersAndJob('both') },
    plain: usersAndJob('none'),
    instead: { text: '`rateLimit()` for the job, `retry()` for users', client: usersAndJob('the job') },
    ...jobAndUsers(400, 0.5, 2 * MINUTE),
    ask: (index) => ({ path: index < 400 ? '/job' : '/user' }),
    judged: ({ path }) => path === '/user',
    server: limited({ limit: bucket(3, 1), tells: RETRY_AFTER }),
  },
  {
    situation: 'All get 503 with `Retry-After: 2` for 5 s; 10 calls of 5 s a second, counted: those made in these 5 s',
    ...limiterBeside({}, 5_000),
    instead: limiterStack(FIRST, 5_000),
    ...random(10, 40_000),
    judged: made(20_000, 25_000),
    server: except(between(20_000, 25_000), refusal(503, 2)),
  },
  {
    situation: 'The same behind `standard()`',
    ...standardBeside(5_000),
    ...random(10, 40_000),
    judged: made(20_000, 25_000),
    server: except(between(20_000, 25_000), refusal(503, 2)),
  },
  {
    situation: 'All get 429 with `Retry-After: 2` for 30 s; 2 calls of 10 s a second, counted: those of the next 15 s',
    ...limiterBeside({}, 10_000),
    instead: limiterStack(FIRST, 10_000),
    ...random(2, 65_000),
    judged: made(50_000, 65_000),
    server: except(between(20_000, 50_000), refusal(429, 2)),
  },
  {
    situation:
      'A job makes 500 calls of ten minutes at once, at 100 a minute; the limiter holds a call for at most 65 s',
    ...limiterBeside({}, 600_000),
    instead: limiterStack({ maxWait: 600_000 }, 600_000),
    ...burst(500),
    server: limited({ limit: fixedWindow(100, MINUTE), tells: RETRY_AFTER }),
  },
  {
    situation: 'Two processes share a silent limit of 20 a second without a burst, at 35 %',
    ...limiterBeside(),
    instead: limiterStack({ proof: 'first' }),
    ...random(7),
    clients: 2,
    travel: (chance) => 5 + 10 * chance(),
    server: limited({ limit: bucket(20, 1) }),
  },
  {
    situation:
      'An API always answers 429, like OpenAI without credit; the figure is how long a failing call takes; plain: two retries',
    ours: { text: '`rateLimit()`', client: untilEnded(limiterBeside({}, 120_000).ours.client) },
    plain: untilEnded(plainStack({ timeout: 120_000 })),
    instead: '[tell them apart](recipes-apis.md#openai-and-anthropic)',
    measure: MEASURES.half,
    ...random(1, 30_000),
    server: () => () => refusal(429),
  },
  {
    situation: 'A silent sliding log of 10 a second, at 80 %',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    measure: MEASURES.half,
    ...random(8),
    travel: (chance) => 5 + 45 * chance(),
    server: limited({ limit: slidingLog(10, 1_000) }),
  },
  {
    situation:
      'A sliding window of 60 a minute reports the end of its minute, as `@upstash/ratelimit` does; calls of 10 s, at 100 %',
    ...limiterBeside({}, 10_000),
    instead: limiterStack({ proof: 'first' }, 10_000),
    ...random(1, 5 * MINUTE),
    server: limited({ limit: slidingCounter(60, MINUTE), tells: SECONDS_ALONE }),
  },
  {
    situation:
      'Two calls of 5 s are made at once every 15 to 60 s, at one a second without a burst; counted: the second ones',
    ...limiterBeside({}, 5_000),
    instead: limiterStack(FIRST, 5_000),
    lasts: 10 * MINUTE,
    calls: pairs,
    ask: (index) => ({ path: `/items/${index % 2}` }),
    judged: ({ path }) => path === '/items/1',
    server: limited({ limit: bucket(1, 1), tells: RETRY_AFTER }),
  },
  {
    situation: 'The caller aborts half of its calls after 3 s, at 115 % of 5 a second; answers of a second',
    ...standardBeside(),
    instead: 'give the time to `timeout`',
    ...random(5.75),
    ask: (_, chance) => (chance < 0.5 ? { path: '/', quits: 3_000 } : { path: '/' }),
    server: limited({ limit: bucket(5, 5), tells: RETRY_AFTER, answers: 1_000 }),
  },
];

function pairs(chance: () => number): { at: number[] } {
  const at: number[] = [];
  for (let next = 0; next < 10 * MINUTE; next += 15_000 + 45_000 * chance()) at.push(next, next);
  return { at };
}
