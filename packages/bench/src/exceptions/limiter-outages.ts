import type { Random } from '@steadfetch/core';
import { between, except, OK, refusal } from '../harm/servers.ts';
import type { Server } from '../harm/situation.ts';
import { bucket, concurrency, unlimited } from '../limits/limits.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { penalty, usedUpBetween, withOthers } from './odd-limits.ts';
import { beside, limiterStack, plainStack } from './stacks.ts';
import { RETRY_AFTER } from './tells.ts';
import { random } from './traffic.ts';

const MINUTE = 60_000;
const FIRST = { proof: 'first' } as const;

/** Refusals that have another cause than the pace. */
export const OUTAGES: readonly Exception[] = [
  {
    situation: 'All are refused silently for two of every four seconds; 5 calls a second',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    ...random(5),
    server: except(({ at }) => at % 4_000 < 2_000, refusal(429)),
  },
  {
    situation:
      'All are refused silently for 20 s, then half of them by chance for 8 s, at 50 % of a bucket of 50; 25 calls of 10 s a second; counted: those of the next 40 s',
    ...limiterBeside({}, 10_000),
    instead: limiterStack(FIRST, 10_000),
    ...random(25, 80_000),
    judged: made(40_000, 80_000),
    server: endingBitByBit,
  },
  {
    situation:
      'Others call a bucket of 50 a second at twice its rate for 25 s, else at 30 % of it; 20 calls of 10 s a second; counted: those of the 40 s after the 25 s',
    ...limiterBeside({}, 10_000),
    instead: limiterStack(FIRST, 10_000),
    ...random(20, 85_000),
    judged: made(45_000, 85_000),
    server: limited({
      limit: withOthers(usedUpBetween(bucket(50, 50), 20_000, 45_000), 15),
      tells: RETRY_AFTER,
      answers: 300,
    }),
  },
  {
    situation: 'Half of the requests are refused silently by chance; 10 calls a second',
    ...standardBeside(),
    instead: beside().ours,
    ...random(10),
    server: limited({ limit: unlimited(), noise: { share: 0.5 } }),
  },
  {
    situation: '10 % are refused at once by chance, with `Retry-After: 5`; answers of 0.2 s, 20 calls a second',
    ...limiterBeside(),
    instead: standardBeside().ours,
    ...random(20),
    server: limited({ limit: unlimited(), answers: 200, noise: { share: 0.1, seconds: 5 } }),
  },
  {
    situation: '1 % are refused by chance with `Retry-After: 1`, at 80 % of 20 requests of 0.3 s at once',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    ...random(53, 28_000),
    server: limited({ limit: concurrency(20, 300), answers: 300, noise: { share: 0.01, seconds: 1 } }),
  },
  {
    situation: 'All are refused for 45 s, which the server reports, and then 3 % get 503; 5 calls of 5 s a second',
    ...standardBeside(5_000),
    instead: beside({ timeout: 5_000 }).ours,
    ...random(5, 2 * MINUTE),
    server: () => (request) => {
      if (request.at < 45_000) return refusal(429, Math.ceil((45_000 - request.at) / 1_000));
      return request.chance < 0.03 ? { status: 503 } : OK;
    },
  },
  {
    situation:
      'All get 503 with `Retry-After: 2` for 20 s, then held calls fill the queue of a service at 75 % load; plain: two retries',
    ...beside({}, { rateLimit: true }),
    measure: MEASURES.half,
    ...random(10, 140_000),
    judged: made(20_000, 140_000),
    server: queueing(75, 600),
  },
  {
    situation:
      'A silent limit of 5 a second, once exceeded, refuses all for 30 s; 1.5 calls a second; plain: two retries',
    ...limiterBeside(),
    plain: plainStack({}),
    instead: limiterStack({ limit: { requests: 5, per: 1_000 } }),
    seeds: 10,
    ...random(1.5, 2 * MINUTE),
    server: limited({ limit: penalty(5, 1_000, 30_000) }),
  },
  {
    situation:
      'A machine sleeps through a `Retry-After: 60` while its clock stands still; counted: the calls of the 15 s after it',
    ...limiterBeside(),
    instead: limiterStack(FIRST),
    ...random(10, 40_000),
    judged: made(25_000, 40_000),
    server: except(between(20_000, 21_000), refusal(429, 60)),
  },
];

/** Keeps a limit of 50 a second. Refuses all for 20 s, and then half of them by chance for 8 s. */
function endingBitByBit(random: Random): Server {
  const server = limited({ limit: bucket(50, 50), answers: 300 })(random);
  return (request) => {
    const { at, chance } = request;
    const isRefused = at >= 20_000 && (at < 40_000 || (at < 48_000 && chance < 0.5));
    return isRefused ? refusal(429) : server(request);
  };
}

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
