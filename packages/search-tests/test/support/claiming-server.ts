import type { Fetch } from '@steadfetch/core';
import type { VirtualTime } from '@steadfetch/testing/simulation';
import fc from 'fast-check';

/** Fields by what they claim; those with times get the present. */
type Fields = (now: number) => Record<string, string>;

const seconds = (ms: number) => String(Math.floor(ms / 1000));
const HOUR = 3_600_000;

/** What a refusal may say of itself. */
const REFUSALS: Record<string, Fields> = {
  nothing: () => ({}),
  'a second': () => ({ 'retry-after': '1' }),
  'twenty seconds': () => ({ 'retry-after': '20' }),
  'an hour': () => ({ 'retry-after': '3600' }),
  'a date': (now) => ({ date: new Date(now).toUTCString(), 'retry-after': new Date(now + 20_000).toUTCString() }),
  'a date in a year': (now) => ({ 'retry-after': new Date(now + 8_760 * HOUR).toUTCString() }),
  'a date, of a clock in a year': (now) => ({
    date: new Date(now + 8_760 * HOUR).toUTCString(),
    'retry-after': new Date(now + 8_760 * HOUR + 5_000).toUTCString(),
  }),
  'a quota of an hour': () => ({ ratelimit: '"h";r=0;t=3600', 'ratelimit-policy': '"h";q=10;w=3600' }),
  'a quota of seconds': () => ({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4' }),
  'that much is left': () => ({ 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '99', 'x-ratelimit-reset': '30' }),
};

/** What an acceptance may say, false as it is. */
const ACCEPTANCES: Record<string, Fields> = {
  nothing: () => ({}),
  'a wait of an hour': () => ({ 'retry-after': '3600' }),
  'nothing left for a second': () => ({
    'x-ratelimit-limit': '60',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': '1',
  }),
  'nothing left for thirty seconds': () => ({
    'x-ratelimit-limit': '60',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': '30',
  }),
  'nothing left for an hour': (now) => ({
    'x-ratelimit-limit': '60',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': seconds(now + HOUR),
  }),
  'nothing left, without a reset': () => ({ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0' }),
  'one left of an hour': () => ({ ratelimit: '"h";r=1;t=3600', 'ratelimit-policy': '"h";q=1;w=3600' }),
  'nothing left, by one of two': () => ({
    ratelimit: '"a";r=0;t=10, "b";r=500;t=10',
    'ratelimit-policy': '"a";q=600;w=10, "b";q=600;w=10',
  }),
  'fields that contradict each other': () => ({
    'ratelimit-limit': '100',
    'ratelimit-remaining': '0',
    'ratelimit-reset': '50',
    'x-ratelimit-limit': '100',
    'x-ratelimit-remaining': '100',
    'x-ratelimit-reset': '1',
  }),
  'a dozen policies': () => ({
    ratelimit: Array.from({ length: 12 }, (_, i) => `"p${i}";r=${i};t=${60 * (12 - i)}`).join(', '),
    'ratelimit-policy': Array.from({ length: 12 }, (_, i) => `"p${i}";q=${12};w=${60 * (12 - i)}`).join(', '),
  }),
  'tokens that are used up': () => ({
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '20s',
  }),
  'a quota of nothing': () => ({
    'x-ratelimit-limit': '0',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': '0',
  }),
};

/** How long they ask to wait, in milliseconds, where that is plain. */
const ASKED: Record<string, number> = {
  'a second': 1_000,
  'twenty seconds': 20_000,
  'an hour': HOUR,
  'a date': 19_000, // in whole seconds
  'a quota of seconds': 4_000,
};

/** A time in which a share of the requests is refused. */
export interface Phase {
  readonly requests: number;
  readonly share: number;
  readonly status: number;
  readonly says: string;
}

export const phases: fc.Arbitrary<Phase> = fc.record({
  requests: fc.integer({ min: 1, max: 30 }),
  share: fc.constantFrom(0, 0.1, 0.5, 1),
  status: fc.constantFrom(429, 429, 503, 500, 529, 403),
  says: fc.constantFrom(...Object.keys(REFUSALS)),
});

export const lies: fc.Arbitrary<string> = fc.constantFrom(...Object.keys(ACCEPTANCES));

/** One request, as the server saw it. */
export interface Seen {
  readonly call: string;
  readonly kind: string;
  readonly at: number;
  answeredAt: number;
  readonly accepted: boolean;
  /** How long it was asked to wait. */
  readonly asked: number;
}

/** Refuses in the phases that it is given, then accepts all; its fields say what is false. */
export class ClaimingServer {
  readonly seen: Seen[] = [];
  readonly #time: VirtualTime;
  readonly #phases: Phase[];
  readonly #lie: Fields;
  readonly #latency: number;
  readonly #random: () => number;
  #left: number;
  #phase = 0;

  constructor(
    time: VirtualTime,
    { past, lie, latency }: { past: readonly Phase[]; lie: string; latency: number },
    random: () => number,
  ) {
    this.#time = time;
    this.#phases = [...past];
    this.#lie = ACCEPTANCES[lie]!;
    this.#latency = latency;
    this.#random = random;
    this.#left = past[0]?.requests ?? 0;
  }

  /** Whether everything is accepted from now on. */
  get isKind(): boolean {
    return this.#phase >= this.#phases.length;
  }

  readonly fetch: Fetch = async (input, init) => {
    const { headers, url } = new Request(input, init);
    const phase = this.#next();
    const accepted = !phase || this.#random() >= phase.share;
    const kind = `${url} ${headers.get('authorization')}`;
    const asked = phase && !accepted ? (ASKED[phase.says] ?? 0) : 0;
    const at = this.#time.elapsed;
    const seen: Seen = { call: headers.get('x-call')!, kind, at, answeredAt: Infinity, accepted, asked };
    this.seen.push(seen);
    await this.#time.sleep(this.#latency, init?.signal ?? undefined);
    seen.answeredAt = this.#time.elapsed;
    const now = this.#time.now();
    return accepted
      ? new Response('ok', { headers: this.#lie(now) })
      : new Response('no', { status: phase.status, headers: REFUSALS[phase.says]!(now) });
  };

  /** Begins another phase. */
  begin(phase: Phase): void {
    this.#phases.push(phase);
    this.#left = phase.requests;
  }

  #next(): Phase | undefined {
    while (this.#left <= 0 && !this.isKind) this.#left = this.#phases[++this.#phase]?.requests ?? 0;
    this.#left--;
    return this.#phases[this.#phase];
  }
}
