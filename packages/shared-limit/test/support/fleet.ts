import type { Clock } from '@steadfetch/core';
import { rateLimit } from '@steadfetch/rate-limit';
import { decide, type LimitState, type Question, type Reply, storeOf } from '@steadfetch/shared-limit';
import { type ManualClock, manualClock, seededRandom } from '@steadfetch/testing';

/** A limited server: decides at a time in milliseconds. */
export type Server = (at: number) => { readonly ok: boolean; readonly headers: Record<string, string> };

/** A bucket that reports its quota in each answer, asks to wait for whole seconds when it refuses, or does neither. */
export function bucket(perSecond: number, burst: number, hint: 'told' | 'retry-after' | 'none'): Server {
  let tokens = burst;
  let last = 0;
  return (at) => {
    tokens = Math.min(burst, tokens + ((at - last) * perSecond) / 1_000);
    last = at;
    const ok = tokens >= 1;
    if (ok) tokens--;
    const headers: Record<string, string> = {};
    if (hint === 'told') {
      headers['ratelimit-policy'] = `"d";q=${burst};w=${Math.max(1, Math.round(burst / perSecond))}`;
      headers.ratelimit = `"d";r=${Math.floor(tokens)};t=${Math.ceil((burst - tokens) / perSecond)}`;
    }
    if (!ok && hint !== 'none') headers['retry-after'] = String(Math.max(1, Math.ceil((1 - tokens) / perSecond)));
    return { ok, headers };
  };
}

/** A window that begins with the first request after the last window. */
export function fixedWindow(requests: number, per: number): Server {
  let start = -Infinity;
  let count = 0;
  return (at) => {
    if (at >= start + per) [start, count] = [at, 0];
    const ok = count < requests;
    if (ok) count++;
    const reset = String(Math.max(1, Math.ceil((start + per - at) / 1_000)));
    const headers = {
      'x-ratelimit-limit': String(requests),
      'x-ratelimit-remaining': String(requests - count),
      'x-ratelimit-reset': reset,
    };
    return { ok, headers: ok ? headers : { ...headers, 'retry-after': reset } };
  };
}

/** The place that decides, as a database in another process would: it may be away, and lose its data. */
class Place {
  readonly states: Map<string, LimitState> = new Map();
  questions = 0;
  isAway = false;
  /** How long a question travels, and its answer, ms. */
  latency: () => number = () => 1;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async ask(key: string, question: Question, ahead: number): Promise<Reply> {
    await this.#clock.sleep(this.latency());
    if (this.isAway) throw new Error('away');
    this.questions++;
    const [state, reply] = decide(this.states.get(key), this.#clock.now() + ahead, structuredClone(question));
    this.states.set(key, state);
    await this.#clock.sleep(this.latency());
    return structuredClone(reply);
  }
}

export interface Fleet {
  readonly clock: ManualClock;
  readonly place: Place;
  /** How many requests of each process were accepted, and of all in each second. */
  readonly accepted: number[];
  readonly perSecond: number[];
  readonly events: string[];
  refused: number;
  lost: number;
  /** Processes that are killed: they stop without a report. */
  readonly killed: Set<number>;
  run(seconds: number): Promise<void>;
  /** Jain's index of fairness: 1 if all got the same. */
  jain(): number;
}

export interface FleetOptions {
  /** Milliseconds between the clocks of two processes, and between two calls of a worker. */
  apart?: number;
  pause?: number;
  seed?: number;
  shared?: boolean;
  workers?: number;
  /** How long a request travels, and its answer, ms. */
  travel?: (random: () => number) => number;
  /** By how much a timer is late, ms. */
  lag?: (random: () => number) => number;
}

const evenly = (random: () => number) => 10 * (0.8 + 0.4 * random());

/** As on a busy machine: most take a few milliseconds, some ten times as long. */
export const unevenly = (random: () => number): number => 1 - 4 * Math.log(1 - random()) + (random() < 0.03 ? 40 : 0);

/** Processes with four workers each at one server, in virtual time; without a store where `shared` is false. */
export function fleet(
  processes: number,
  server: Server,
  { apart = 0, pause = 0, seed = 3, shared = true, travel = evenly, workers = 4, lag = () => 0 }: FleetOptions = {},
): Fleet {
  const clock = manualClock();
  const begun = clock.now();
  const random = seededRandom(seed);
  const result: Fleet = {
    clock,
    place: new Place(clock),
    accepted: Array.from({ length: processes }, () => 0),
    perSecond: [],
    events: [],
    refused: 0,
    lost: 0,
    killed: new Set(),
    async run(seconds) {
      for (let n = 0; n < seconds; n++) await clock.advance(1_000);
    },
    jain() {
      const sum = this.accepted.reduce((a, b) => a + b, 0);
      return sum ** 2 / (processes * this.accepted.reduce((a, b) => a + b * b, 0));
    },
  };
  const start = (n: number) => {
    const own: Clock = {
      ...clock,
      now: () => clock.now() + n * apart,
      sleep: (ms, signal) => clock.sleep(ms + lag(random), signal),
    };
    const note = (event: string) => () => void result.events.push(`${event} ${n}`);
    const store = storeOf((key, question) => result.place.ask(key, question, 0), {
      clock: own,
      hooks: { onDown: note('down'), onUp: note('up') },
    });
    const send = async () => {
      await clock.sleep(travel(random));
      if (result.killed.has(n)) return new Promise<Response>(() => {});
      const at = clock.now() - begun;
      const { ok, headers } = server(at);
      const second = Math.floor(at / 1_000);
      if (ok) result.accepted[n]!++;
      if (ok) result.perSecond[second] = (result.perSecond[second] ?? 0) + 1;
      else result.refused++;
      await clock.sleep(travel(random));
      return new Response('', { status: ok ? 200 : 429, headers });
    };
    const limited = rateLimit({
      clock: own,
      random,
      ...(shared && { store }),
      scope: 'origin',
      maxWait: 600_000,
      maxResends: 1_000,
    })(send);
    const work = async () => {
      for (;;) {
        const response = await limited('https://api.example.com/');
        if (!response.ok) result.lost++;
        await clock.sleep(pause);
      }
    };
    for (let worker = 0; worker < workers; worker++) work().catch(() => result.lost++);
  };
  for (let n = 0; n < processes; n++) start(n);
  return result;
}
