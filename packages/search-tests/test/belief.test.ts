import { localRefusal, settle } from '@steadfetch/core';
import { serverDelay, serverQuota } from '@steadfetch/server-hints';
import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import {
  circuitBreaker,
  compose,
  defineMiddleware,
  type Fetch,
  type Middleware,
  rateLimit,
  retry,
  standard,
  type TokenBudget,
} from 'steadfetch';
import { describe, it } from 'vitest';
import { ClaimingServer, lies, type Phase, phases, type Seen } from './support/claiming-server.ts';
import { nameOf } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import type { Timing } from './support/stacks.ts';

quiet();

/** After so many acceptances of requests of its kind that were sent after the last refusal ... */
const ENOUGH = 20;
/** ... no call is held back for longer than this, in milliseconds, and none is refused unsent. */
const LONGEST = 8_000;
/** So long after the last refusal, and `maxWait`, one is sent unless another was, however few have been accepted. */
const GRACE = 60_000;
const SILENCE = 80_000;
/** For how long everything is accepted. */
const KIND_TIME = 100_000;

interface Case {
  readonly layers: 'rateLimit' | 'circuitBreaker' | 'retry' | 'standard';
  readonly proof: 'direct' | 'first';
  readonly scope: 'auto' | 'path' | 'credential' | 'origin';
  readonly maxWait: number;
  readonly past: readonly Phase[];
  readonly lie: string;
  readonly latency: number;
  /** Kinds of requests, each with a path and a credential of its own. */
  readonly kinds: number;
  readonly workers: number;
  /** How long each worker waits between two calls. */
  readonly pause: number;
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  layers: fc.constantFrom('rateLimit', 'rateLimit', 'circuitBreaker', 'retry', 'standard'),
  proof: fc.constantFrom('direct', 'first'),
  scope: fc.constantFrom('auto', 'path', 'credential', 'origin'),
  maxWait: fc.constantFrom(10_000, 20_000),
  past: fc.array(phases, { minLength: 1, maxLength: 3 }),
  lie: lies,
  latency: fc.constantFrom(5, 50, 400),
  kinds: fc.integer({ min: 1, max: 2 }),
  workers: fc.integer({ min: 1, max: 3 }),
  pause: fc.constantFrom(150, 500, 2_000),
  seed: fc.integer({ min: 1, max: 1_000 }),
});

/** One call, as its caller saw it. */
interface Made {
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  endedAt: number;
  end: string;
  isLocal: boolean;
}

type Subject = (given: Case, timing: Timing) => Middleware;

const ORIGIN = 'https://api.test';

/** Workers that call one after the other, in virtual time. */
class World {
  readonly made: Made[] = [];
  readonly #time = new VirtualTime(Date.UTC(2025, 0, 1));
  readonly #given: Case;
  readonly #server: ClaimingServer;
  readonly #steady: Fetch;
  #kindSince = Infinity;

  constructor(given: Case, subject: Subject) {
    this.#given = given;
    this.#server = new ClaimingServer(this.#time, given, seededRandom(given.seed));
    this.#steady = subject(given, { clock: this.#time, random: seededRandom(given.seed + 1) })(this.#server.fetch);
  }

  get seen(): readonly Seen[] {
    return this.#server.seen;
  }

  get elapsed(): number {
    return this.#time.elapsed;
  }

  async live(): Promise<void> {
    const { kinds, workers } = this.#given;
    for (let kind = 0; kind < kinds; kind++) {
      for (let worker = 0; worker < workers; worker++) {
        this.#time.at(17 * worker + 5 * kind, () => void this.#work(kind));
      }
    }
    await this.#time.run(1_200_000, () => this.elapsed > this.#kindSince + KIND_TIME);
  }

  /** How a call ends that is refused once. */
  async refuseOnce(): Promise<string> {
    this.#server.begin({ requests: 1, share: 1, status: 503, says: 'nothing' });
    const one = this.#call(0);
    await this.#time.run(this.elapsed + 60_000, () => this.made.some(({ end }) => end === 'none') === false);
    return (await Promise.race([one, Promise.resolve()]))?.end ?? 'none';
  }

  async #work(kind: number): Promise<void> {
    for (;;) {
      if (this.#server.isKind && this.#kindSince === Infinity) this.#kindSince = this.elapsed;
      await this.#call(kind);
      await this.#time.sleep(this.#given.pause);
      if (this.elapsed > this.#kindSince + KIND_TIME) return;
    }
  }

  async #call(kind: number): Promise<Made> {
    const url = `${ORIGIN}/${'abc'[kind]}`;
    const headers = { authorization: `Bearer ${kind}`, 'x-call': String(this.made.length) };
    const one: Made = {
      id: headers['x-call'],
      kind: `${url} ${headers.authorization}`,
      at: this.elapsed,
      endedAt: Infinity,
      end: 'none',
      isLocal: false,
    };
    this.made.push(one);
    const outcome = await settle(this.#steady(url, { headers }));
    const isLocal = outcome.failed && localRefusal(outcome.error) !== undefined;
    return Object.assign(one, { endedAt: this.elapsed, end: nameOf(outcome), isLocal });
  }
}

function groupBy(seen: readonly Seen[], keyOf: (one: Seen) => string): Map<string, Seen[]> {
  const groups = new Map<string, Seen[]>();
  for (const one of seen) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

/** The number of requests of a kind that were accepted by a time. */
function accepted(seen: readonly Seen[]): (kind: string, at: number) => number {
  const times = groupBy(seen, ({ kind }) => kind);
  return (kind, at) => (times.get(kind) ?? []).filter(({ answeredAt }) => answeredAt <= at).slice(0, ENOUGH).length;
}

const beliefs: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    const world = new World(given, subject);
    await world.live();
    const { made, seen } = world;
    const last = Math.max(0, ...seen.map((one) => (one.accepted ? 0 : one.answeredAt)));
    const sends = groupBy(seen, ({ call }) => call);
    const acceptedBy = accepted(seen.filter(({ at }) => at > last));
    for (const { id, kind, at, end, endedAt, isLocal } of made) {
      const isKnown = acceptedBy(kind, at) >= ENOUGH;
      const held = (sends.get(id)?.[0]?.at ?? Math.min(endedAt, world.elapsed)) - at;
      claim(!isKnown || held <= LONGEST, `call ${id} was held back for ${held} ms though ${ENOUGH} had been accepted`);
      const isLate = at > last + GRACE + given.maxWait;
      const isAlone = isLate && !seen.some((one) => one.kind === kind && one.at <= endedAt && one.at > at - SILENCE);
      claim(
        !isLocal || !(isKnown || isAlone),
        `call ${id} was not sent at ${at}, ${at - last} ms after the last refusal: ${end}`,
      );
    }
    for (const [id, [first, ...again]] of sends) {
      again.reduce((before, one) => {
        const wait = one.at - before.answeredAt;
        claim(
          wait >= before.asked,
          `call ${id} was sent again ${wait} ms after a refusal that asked for ${before.asked}`,
        );
        return one;
      }, first!);
    }
    const isRepeated = given.layers === 'retry' || given.layers === 'standard';
    const end = isRepeated ? await world.refuseOnce() : 'status 200';
    claim(end === 'status 200', `a call that is refused once ends with ${end}`);
  },
};

const ours: Subject = ({ layers, proof, scope, maxWait }, timing) => {
  switch (layers) {
    case 'rateLimit':
      return rateLimit({ ...timing, proof, scope, maxWait });
    case 'circuitBreaker':
      return circuitBreaker(timing);
    case 'retry':
      return retry(timing);
    default:
      return standard({
        ...timing,
        rateLimit: { scope, proof, maxWait },
        circuitBreaker: true,
        attemptTimeout: false,
      });
  }
};

class Closed extends Error {
  readonly local = true;
  readonly reason = 'rate-limited';
}

/** A layer that refuses or holds calls back by a rule that is too simple. `learn` says until when, in milliseconds. */
function closing(
  learn: (response: Response, now: number, strikes: number) => number | undefined,
  { refuses = false, forgives = true } = {},
): Subject {
  return (_, { clock, random }) => {
    let until = 0;
    let strikes = 0;
    const layer = defineMiddleware(async (call, next) => {
      const wait = until - clock.now();
      if (wait > 0 && refuses) throw new Closed('closed');
      if (wait > 0) await clock.sleep(Math.min(wait, 600_000), call.signal);
      const response = await next(call);
      if (!response.ok) strikes++;
      else if (forgives) strikes = 0;
      until = learn(response, clock.now(), strikes) ?? until;
      return response;
    });
    return compose(retry({ clock, random, budget: false }), layer);
  };
}

/** A budget that failures use up and successes do not fill. */
const drained = (): TokenBudget => {
  let left = 10;
  return {
    acquire: () => (left-- > 0 ? { release: () => {} } : undefined),
    record: () => {},
    snapshot: () => ({}),
    reset: () => {},
  };
};

const wrong: Record<string, Subject> = {
  'believes that nothing is left though all is accepted': closing((response, now) => {
    const quota = serverQuota(response, { now });
    return quota?.remaining === 0 ? now + Math.max(3_000, quota.reset ?? 0) : undefined;
  }),
  'takes a Retry-After of an acceptance for a refusal': closing((response, now) => {
    const asked = response.headers.get('retry-after');
    return asked === null ? undefined : now + 1_000 * Number(asked);
  }),
  'is closed for as long as it is asked to be': closing(
    (response, now) => {
      const asked = serverDelay(response, { now })?.ms;
      return asked === undefined ? undefined : now + asked;
    },
    { refuses: true },
  ),
  'waits longer with each failure and never less': closing((_, now, strikes) => now + 100 * 2 ** strikes - 100, {
    forgives: false,
  }),
  'opens a circuit and never tries again': closing((_, now, strikes) => (strikes >= 5 ? now + 1e9 : undefined), {
    refuses: true,
  }),
  'keeps the pace of the smallest policy': closing((response, now) => {
    const [, q, w] = /q=(\d+);w=(\d+)/.exec(response.headers.get('ratelimit-policy') ?? '') ?? [];
    return q === undefined ? undefined : now + (1_000 * Number(w)) / Number(q);
  }),
  'has a budget that nothing fills': (_, timing) => retry({ ...timing, budget: drained() }),
  'sends a refused call again before its time': (_, timing) =>
    defineMiddleware(async (call, next) => {
      const response = await next(call);
      if (response.ok) return response;
      await timing.clock.sleep(100);
      return next(call);
    }),
};

describe('a server that accepts', () => {
  it('is not held to be full or down, whatever its fields say', () => expectNone(beliefs, ours, 60), PATIENCE);

  it.each(Object.keys(wrong))('is found to be by a layer that %s', async (name) => {
    await expectFound(beliefs, wrong[name]!, 200);
  });
});
