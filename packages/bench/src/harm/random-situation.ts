import type { Random } from '@steadfetch/core';
import { seededRandom } from '@steadfetch/testing/simulation';
import { each, pages, perSecond, workers } from './arrivals.ts';
import { OK } from './servers.ts';
import type { Reply, Seen, Server, Situation } from './situation.ts';

const CALLS = 300;
const TENANTS = ['a', 'b', 'c'];
const STATUSES = [429, 500, 502, 503, 504];
const ERRORS = ['ECONNRESET', 'ECONNREFUSED', 'ENOTFOUND', 'ENETUNREACH', 'UND_ERR_SOCKET'];

/** Draws from one source of chance. */
class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.#random();
  }

  /** Small numbers as often as large ones. */
  spread(from: number, to: number): number {
    return from * (to / from) ** this.#random();
  }

  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1));
  }

  of<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!;
  }

  maybe(share: number): boolean {
    return this.#random() < share;
  }
}

/** Arrivals, latencies, failures by path, tenant and instance, and outages, all by chance; the same for a seed. */
export function randomSituation(seed: number): Situation {
  const draw = new Draw(seededRandom(seed));
  const rate = draw.spread(0.5, 100);
  const lasts = (1_000 * CALLS) / rate;
  const method = draw.maybe(0.25) ? 'POST' : 'GET';
  const paths = draw.whole(1, 10);
  return {
    name: `seed ${seed}`,
    lasts,
    most: CALLS,
    calls: draw.of([
      perSecond(rate, lasts),
      each(1_000 / rate, lasts),
      pages(draw.whole(2, 100), lasts / 3, lasts),
      // workers behind a POST that hangs make fewer calls in all: there is nothing to compare call by call
      method === 'GET' ? workers(draw.whole(1, 20)) : perSecond(rate, lasts),
    ]),
    ask: (index) => ({
      path: `/${index % paths}`,
      init: { method, headers: { authorization: TENANTS[index % TENANTS.length]! } },
    }),
    server: serverOf(draw, lasts),
  };
}

/** A reply for some requests, or nothing. */
type Trouble = (request: Seen) => Reply | undefined;

function serverOf(draw: Draw, lasts: number): () => Server {
  const after = draw.spread(5, 2_000);
  const troubles = Array.from({ length: draw.whole(0, 2) }, () => troubleOf(draw, lasts));
  const server: Server = (request) => {
    for (const trouble of troubles) {
      const reply = trouble(request);
      if (reply !== undefined) return reply;
    }
    return { ...(OK as { status: number }), after };
  };
  return () => server;
}

function troubleOf(draw: Draw, lasts: number): Trouble {
  const reply = failureOf(draw);
  const path = `/${draw.whole(0, 9)}`;
  const tenant = draw.of(TENANTS);
  const from = draw.between(0, 0.7) * lasts;
  const to = from + outage(draw);
  const share = draw.spread(0.005, 0.25);
  const instances = draw.whole(2, 8);
  return draw.of<Trouble>([
    (request) => (request.path === path ? reply : undefined),
    (request) => (request.headers.get('authorization') === tenant ? reply : undefined),
    ({ at }) => (at >= from && at < to ? reply : undefined),
    ({ chance }) => (chance < share ? reply : undefined),
    ({ chance, at }) => (Math.floor(chance * instances) === 0 && at >= from ? reply : undefined),
  ]);
}

/** A moment, which retries outlast, or so long that they cannot: in between the retry budget has its price. */
function outage(draw: Draw): number {
  return draw.maybe(0.5) ? draw.spread(50, 500) : draw.spread(10_000, 300_000);
}

function failureOf(draw: Draw): Reply {
  if (draw.maybe(0.1)) return 'hang';
  if (draw.maybe(0.3)) return { error: draw.of(ERRORS), after: draw.spread(1, 300) };
  const headers: Record<string, string> = draw.maybe(0.4)
    ? { 'retry-after': String(Math.round(draw.spread(1, 4_000))) }
    : {};
  return { status: draw.of(STATUSES), headers, after: draw.spread(5, 300) };
}
