import type { Entry, Question, Reply, ToldQuota } from '@steadfetch/shared-limit';
import { seededRandom } from '@steadfetch/testing';

export interface World {
  readonly seed: number;
  /** Requests per second, and the bucket that they are taken from. */
  readonly rate: number;
  readonly burst: number;
  /** Whether refusals ask to wait, and whether answers tell the quota. */
  readonly asks: boolean;
  readonly tells: boolean;
  readonly known: number;
  /** The cost of each call. */
  readonly cost: number;
  /** The last rate of the first process, for a place that has lost its data, per ms. */
  readonly lastRate: number;
}

/** The share of requests that is refused by chance. */
const NOISE = 0.01;

/**
 * The questions of a few processes at a server with a bucket. Each depends on the last answer, so the states are those of real use. Now and then the
 * bucket changes, a refusal is old or comes by chance, or the cost of a call was wrong.
 */
export function* questionsOf(world: World, count: number): Generator<[now: number, question: Question], void, Reply> {
  const random = seededRandom(world.seed);
  let { rate } = world;
  let now = 1_700_000_000_000;
  let tokens = world.burst;
  let filledAt = now;
  let last: Reply | undefined;
  for (let n = 0; n < count; n++) {
    if (random() < 0.01) rate *= random() < 0.5 ? 0.5 : 2;
    const accepted: Entry[] = [];
    let refusal: Question['refusal'];
    for (let i = 0; last && i < last.count; i++) {
      now = Math.max(now, last.first + i * last.every) + random();
      tokens = Math.min(world.burst, tokens + ((now - filledAt) * rate) / 1_000);
      filledAt = now;
      if (tokens >= 1 && random() >= NOISE) {
        tokens--;
        const from = now - 30 * random();
        accepted.push({ from, to: now, cost: world.cost * (random() < 0.05 ? 3 : 1) });
      } else {
        const wait = world.asks ? 1_000 : undefined;
        const isOld = random() < 0.2;
        refusal = {
          at: now - 5 * random(),
          closedUntil: isOld ? 0 : last.closedUntil,
          every: last.every / world.cost,
          wait,
          isDoubted: random() < 0.2,
        };
        break;
      }
    }
    now += random() < 0.03 ? 5_000 * random() : 10 * random();
    const quota: ToldQuota = {
      name: world.seed % 2 === 0 ? 'Requests' : 'a,b;c',
      at: now,
      remaining: Math.floor(tokens),
      limit: world.burst,
      reset: 1_000,
      window: 1_000,
    };
    last = yield [
      now,
      {
        want: random() < 0.1 ? 0 : Math.ceil(12 * random()),
        cost: world.cost,
        within: random() < 0.5 ? 172_800_000 : 100 * random(),
        known: world.known,
        extra: random() < 0.05 ? 20 * random() : 0,
        requests: accepted.length,
        aloneFor: random() < 0.05 ? 2_000 * random() : undefined,
        accepted,
        refusal,
        quotas: world.tells && accepted.length > 0 ? [quota] : [],
        lastRate: n === 0 ? world.lastRate : (last?.rate ?? 0),
        lastBurst: last?.burst ?? 20,
      },
    ];
  }
}
