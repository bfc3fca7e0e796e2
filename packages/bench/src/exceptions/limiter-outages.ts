import { between, except, OK, refusal } from '../harm/servers.ts';
import type { Server } from '../harm/situation.ts';
import { concurrency, unlimited } from '../limits/limits.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside, untilEnded } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { penalty } from './odd-limits.ts';
import { maintenance } from './servers.ts';
import { beside, limiterStack, plainStack } from './stacks.ts';
import { random } from './traffic.ts';

const MINUTE = 60_000;
const FIRST = { proof: 'first' } as const;

/** Refusals that have another cause than the pace. */
export const OUTAGES: readonly Exception[] = [
  {
    situation:
      'an API answers 429 for good without a hint, as OpenAI where the credit is used up: how long a call takes that fails, beside two retries',
    ours: { text: 'rateLimit()', client: untilEnded(limiterBeside({}, 120_000).ours.client) },
    plain: untilEnded(plainStack({ timeout: 120_000 })),
    instead: '[tell them apart](recipes-apis.md#openai-and-anthropic)',
    measure: MEASURES.half,
    ...random(1, 30_000),
    server: () => () => refusal(429),
  },
  {
    situation: 'all is answered 503 with `Retry-After: 2` for 5 s; 10 calls a second of 5 s, those that meet it',
    ...limiterBeside({}, 5_000),
    instead: limiterStack(FIRST, 5_000),
    ...random(10, 40_000),
    judged: made(20_000, 25_000),
    server: except(between(20_000, 25_000), refusal(503, 2)),
  },
  {
    situation: 'all is answered 503 with `Retry-After: 2` for 5 s; 10 calls a second of 5 s, those that meet it',
    ...standardBeside(5_000),
    instead: beside({ timeout: 5_000 }).ours,
    ...random(10, 40_000),
    judged: made(20_000, 25_000),
    server: except(between(20_000, 25_000), refusal(503, 2)),
  },
  {
    situation:
      'all is answered 503 with `Retry-After: 2` for 5 s; 10 calls a second of 5 s, those of the 15 s after that',
    ...limiterBeside({}, 5_000),
    instead: limiterStack(FIRST, 5_000),
    ...random(10, 40_000),
    judged: made(25_000, 40_000),
    server: except(between(20_000, 25_000), refusal(503, 2)),
  },
  {
    situation: 'all is refused for 30 s with `Retry-After: 2`; 2 calls a second of 10 s, those of the 15 s after that',
    ...limiterBeside({}, 10_000),
    instead: limiterStack(FIRST, 10_000),
    ...random(2, 65_000),
    judged: made(50_000, 65_000),
    server: except(between(20_000, 50_000), refusal(429, 2)),
  },
  {
    situation: 'all is refused for two of each four seconds without a hint; 5 calls a second',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    ...random(5),
    server: except(({ at }) => at % 4_000 < 2_000, refusal(429)),
  },
  {
    situation: 'half of the requests are refused by chance without a hint; 10 calls a second',
    ...standardBeside(),
    instead: beside().ours,
    ...random(10),
    server: limited({ limit: unlimited(), noise: { share: 0.5 } }),
  },
  {
    situation:
      '1 % are refused by chance with `Retry-After: 1`, at 80 % of a limit of 20 requests at once, of 0.3 s; the first 28 s',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    ...random(53, 28_000),
    server: limited({ limit: concurrency(20, 300), answers: 300, noise: { share: 0.01, seconds: 1 } }),
  },
  {
    situation: 'all is refused for 45 s with the time told, and then 3 % answered 503; 5 calls a second of 5 s',
    ...standardBeside(5_000),
    instead: beside({ timeout: 5_000 }).ours,
    ...random(5, 2 * MINUTE),
    server: maintenance(0, 45_000, ({ chance }) => (chance < 0.03 ? { status: 503 } : OK)),
  },
  {
    situation:
      'a service that works off a request each 75 ms answers 503 with `Retry-After: 2` for 20 s, 10 calls a second: the calls that were held fill its queue; calls of the two minutes after the beginning',
    ...beside({}, { rateLimit: true }),
    measure: MEASURES.half,
    ...random(10, 140_000),
    judged: made(20_000, 140_000),
    server: queueing(75, 600),
  },
  {
    situation:
      'a limit of 5 a second refuses all for 30 s once it is exceeded, and tells nothing; 1.5 calls a second, beside two retries',
    ...limiterBeside(),
    plain: plainStack({}),
    instead: limiterStack({ limit: { requests: 5, per: 1_000 } }),
    seeds: 12,
    ...random(1.5, 2 * MINUTE),
    server: limited({ limit: penalty(5, 1_000, 30_000) }),
  },
  {
    situation:
      'a machine sleeps for a minute after a refusal with `Retry-After: 60`, and its clock stands still meanwhile; 10 calls a second, those of the first 15 s after that',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    ...random(10, 40_000),
    judged: made(25_000, 40_000),
    server: except(between(20_000, 21_000), refusal(429, 60)),
  },
];

/** Works off one request after the other. Is out of order for 20 s. */
function queueing(each: number, answer: number): () => Server {
  return () => {
    let free = 0;
    return ({ at }) => {
      if (at >= 20_000 && at < 40_000) return refusal(503, 2);
      free = Math.max(free, at) + each;
      return { status: 200, after: free - at + answer };
    };
  };
}
