import { between, except, OK, refusal, under } from '../harm/servers.ts';
import type { Asked, Server } from '../harm/situation.ts';
import { bucket, concurrency, unlimited } from '../limits/limits.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { plainRetry } from './limiter-stacks.ts';
import { beside } from './stacks.ts';
import { alone, firstOnes, firstProof, processes, storeBeside } from './store-stacks.ts';
import { asksFor, RETRY_AFTER } from './tells.ts';
import { random } from './traffic.ts';

const MINUTE = 60_000;
/** A limit of ten a second without a burst. */
const TEN = limited({ limit: bucket(10, 1), tells: RETRY_AFTER, answers: 20 });
const FIVE = limited({ limit: bucket(5, 1), answers: 20 });
const adopting = storeBeside();
const costs = { cost: ({ headers }: { headers: Headers }) => Number(headers.get('x-cost')) };

/** Calls of two processes, of which half cost more. */
const costing =
  (cost: number) =>
  (index: number, chance: number): Asked => ({
    path: '/',
    client: index % 2,
    init: { headers: { 'x-cost': chance < 0.5 ? '1' : String(cost) } },
  });

/** Others use the limit, refusals mean something else, or the store has trouble. */
export const TROUBLE: readonly Exception[] = [
  {
    situation: '1 % are refused by chance; three processes, at 85 % of 10 a second without a burst',
    ...storeBeside(),
    instead: firstProof(),
    ...processes(3),
    ...random(8.5),
    server: limited({ limit: bucket(10, 1), tells: RETRY_AFTER, answers: 20, noise: { share: 0.01, seconds: 1 } }),
  },
  {
    situation: '1 % are refused by chance; eight processes, at 130 % of a bucket of 50 a second',
    ...storeBeside(),
    instead: alone(),
    ...processes(8),
    ...random(65, 40_000),
    server: limited({ limit: bucket(50, 50), tells: RETRY_AFTER, answers: 20, noise: { share: 0.01, seconds: 1 } }),
  },
  {
    situation:
      '5 % are refused by chance, and there is no limit; eight processes, 100 calls a second, counted: the first 30 s',
    ...storeBeside(),
    instead: alone(),
    ...processes(8),
    ...random(100, 30_000),
    server: limited({ limit: unlimited(), answers: 20, noise: { share: 0.05, seconds: 1 } }),
  },
  {
    situation:
      '1 % are refused by chance with `Retry-After: 30`, and there is no limit; eight processes, 20 calls a second, counted: the first 30 s',
    ...storeBeside(),
    instead: beside({ timeout: 10_000 }).ours,
    ...processes(8),
    ...random(20, 30_000),
    server: limited({ limit: unlimited(), answers: 20, noise: { share: 0.01, seconds: 30 } }),
  },
  ...[0.4, 0.8].map((share) => ({
    situation: `${100 * share} % are refused silently by chance for a minute; four processes, 6 calls a second, counted: three minutes from the first refusal on`,
    ...storeBeside(),
    instead: alone(),
    ...processes(4),
    ...random(6, 3 * MINUTE + 5_000),
    judged: made(5_000, 3 * MINUTE + 5_000),
    server: except(({ at, chance }) => at >= 5_000 && at < MINUTE + 5_000 && chance < share, refusal(429)),
  })),
  {
    situation:
      'One of five paths always answers 503 with `Retry-After: 1`, and there is no limit; three processes, 10 calls a second, counted: the calls to the others',
    ...storeBeside(),
    instead: firstProof(),
    ...processes(3),
    ask: (index, chance) => ({ path: `/items/${index % 5}`, client: Math.floor(3 * chance) }),
    ...random(10),
    judged: ({ path }) => path !== '/items/0',
    server: except(under('/items/0'), refusal(503, 1)),
  },
  {
    situation:
      'Two of four processes have a store, as during its rollout, at 60 % of 10 a second without a burst; counted: these two',
    ...adopting,
    ours: { ...adopting.ours, client: firstOnes(2, adopting.ours.client, plainRetry(10_000)) },
    instead: 'give all of them the store',
    ...processes(4),
    ...random(6),
    judged: (_, { client }) => client < 2,
    server: TEN,
  },
  {
    situation:
      'One of four processes never reaches the store, at 60 % of 10 a second without a burst; counted: the others',
    ...storeBeside({ fault: (_, __, client) => (client === 3 ? 'fails' : 0) }),
    ...processes(4),
    ...random(6),
    judged: (_, { client }) => client < 3,
    server: TEN,
  },
  {
    situation:
      '2 % of the requests to the store fail; four processes, at 80 % of a silent limit of 5 a second without a burst',
    ...storeBeside({ fault: (_, chance) => (chance() < 0.02 ? 'fails' : 0) }),
    ...processes(4),
    ...random(4),
    server: FIVE,
  },
  {
    situation:
      'The store never answers 1 % of its requests; four processes, at 80 % of a silent limit of 5 a second without a burst',
    ...storeBeside({ fault: (_, chance) => (chance() < 0.01 ? 'hangs' : 0) }),
    ...processes(4),
    ...random(4),
    server: FIVE,
  },
  ...[10, 3].map((seconds) => ({
    situation: `The store loses its key every ${seconds} s, like a Redis that evicts by \`volatile-ttl\`; four processes, at 85 % of 10 a second without a burst`,
    ...storeBeside({ forgets: seconds * 1_000 }),
    instead: '`maxmemory-policy noeviction`',
    ...processes(4),
    ...random(8.5),
    server: TEN,
  })),
  {
    situation:
      'One process calls a limit of three requests of 0.3 s at once, whose refusals ask for a wait of a second, at 85 %',
    ...storeBeside(),
    instead: alone(),
    ...processes(1),
    ...random(8.5),
    server: limited({ limit: concurrency(3, 300), tells: asksFor(1), answers: 300 }),
  },
  {
    situation: 'Calls cost 1 and 5 at a bucket of 20 a second that holds 5; two processes, at 85 %',
    ...storeBeside({}, costs),
    ...processes(2),
    ask: costing(5),
    ...random(5.7),
    server: costly(20, 5),
  },
  {
    situation: 'Calls cost 1 and 1,000, and all are refused for the first 3 s; two processes, 5 calls a second',
    ...storeBeside({}, costs),
    ...processes(2),
    ask: costing(1_000),
    ...random(5),
    server: except(between(0, 3_000), refusal(429, 1)),
  },
];

/** A bucket from which a request takes what it costs. */
function costly(rate: number, burst: number): () => Server {
  return () => {
    let [tokens, last] = [burst, 0];
    return ({ at, headers }) => {
      tokens = Math.min(burst, tokens + ((at - last) * rate) / 1_000);
      last = at;
      const cost = Number(headers.get('x-cost'));
      if (tokens < cost) return refusal(429, Math.max(1, Math.ceil((cost - tokens) / rate)));
      tokens -= cost;
      return OK;
    };
  };
}
