/** A climb past its ceiling grows by a factor of e in this time, in milliseconds. */
const CLIMB_GROWTH_MS = 20_000;
/** A search that sends nothing grows by a factor of e in this time, in milliseconds. */
const IDLE_GROWTH_MS = 20_000;
/** A search that sends requests grows by a factor of e to this power in each second. */
const SEARCH_GROWTH = 2;
/** A search grows by at most this factor from one request to the next. */
const MAX_FACTOR_PER_REQUEST = 1.25;
/** A pace rises above its ceiling by at most a factor of e to this power. */
const MAX_GROWTH = 2;

/**
 * The pace of a gate: how many requests per millisecond it sends, as a function of time, and the token bucket that enforces it. There
 * are four modes:
 *
 * - free: no limit on the pace, except while a queue is released;
 * - search: grows until the next refusal;
 * - climb: rises from a base to a ceiling in a straight line, and then grows beyond it;
 * - hold: stays at a measured pace for a time, and then grows beyond it; a climb whose base is its ceiling.
 */
export class Pace {
  mode: 'free' | 'search' | 'hold' | 'climb' = 'free';
  base: number = Infinity;
  ceiling: number = Infinity;
  /** How long the base is held, or how long the climb takes. */
  period = 0;
  since = 0;
  /** For how many milliseconds the bucket was full: no call was delayed, and none took a token. */
  unused = 0;
  #growth = 0;
  #depth = 1;
  #tokens = 1;
  #at = 0;
  #lastSent = 0;

  /** Requests per millisecond. */
  rate(now: number): number {
    if (this.mode === 'free') return this.base;
    // a search without requests grows with time, so that a pace that is too low by mistake does not last
    if (this.mode === 'search') return this.base * Math.exp(within(now - this.#lastSent, 0, 200_000) / IDLE_GROWTH_MS);
    const time = now - this.since;
    if (time < this.period) return this.base + ((this.ceiling - this.base) * time) / this.period;
    const grown = Math.min(MAX_GROWTH, (this.#growth * (time - this.period)) / 1000);
    return Math.min(1e3, this.ceiling * Math.exp(grown));
  }

  /** Whether a held pace has risen above the measured one. */
  isRising(now: number): boolean {
    return this.mode === 'hold' && now - this.since > this.period;
  }

  delay(now: number): number {
    if (this.base === Infinity) return 0;
    const needed = 1 - this.#tokens;
    return needed > 1e-9 ? Math.min(needed / this.rate(now), 1_000) : 0; // the pace may grow meanwhile
  }

  /** Adds the tokens of the time that has passed. A closed gate sends nothing, so that time is not unused, and a release stands still. */
  advance(now: number, closed = false): void {
    if (now <= this.#at) return;
    if (this.base < Infinity && !(closed && this.mode === 'free')) {
      const full = Math.max(this.#tokens, this.#depth);
      const rate = this.rate(now);
      const tokens = this.#tokens + rate * (now - this.#at);
      this.#tokens = Math.min(full, tokens);
      if (!closed) this.unused += (tokens - this.#tokens) / rate;
      if (this.mode === 'free') this.#continueRelease(now - this.#at);
    }
    this.#at = now;
  }

  take(now: number): void {
    if (this.base < Infinity) this.#tokens--;
    if (this.mode === 'search') {
      const time = Math.min(1000, now - this.#lastSent) / 1000;
      this.base = this.rate(now) * Math.min(MAX_FACTOR_PER_REQUEST, Math.exp(this.#growth * time));
    } else if (this.rate(now) > 2 * this.ceiling) this.raise(this.rate(now), now); // the measured pace was far too low
    this.#lastSent = now;
  }

  /** Makes the pace at least `rate`. */
  raise(rate: number, now: number): void {
    if (this.rate(now) > rate) return;
    this.base = this.ceiling = rate;
    this.since = now - this.period;
  }

  /** A request was not sent after all: returns its token, and takes back the growth of a search to `before`. */
  giveBack(before: number): void {
    if (this.base < Infinity) this.#tokens++;
    if (this.mode === 'search') this.base = Math.min(this.base, before);
  }

  /** More than the pace was accepted: a held or climbing pace rises above its ceiling from now on. */
  riseNow(now: number): void {
    this.since = Math.min(this.since, now - this.period);
    this.#tokens = Math.max(0, this.#tokens);
  }

  search(rate: number, depth: number): void {
    this.mode = 'search';
    this.base = rate;
    this.#growth = SEARCH_GROWTH;
    this.#depth = Math.max(1, depth);
    this.#tokens = within(this.#tokens, 1, this.#depth);
  }

  /** Continues a search at this pace if it is higher. */
  winBack(rate: number): void {
    if (this.mode === 'search') this.base = Math.max(this.base, rate);
  }

  hold(rate: number, depth: number, patience: number, growth: number, now: number): void {
    this.mode = 'hold';
    this.base = this.ceiling = rate;
    this.#start(depth, patience, growth, now);
  }

  climb(base: number, ceiling: number, time: number, now: number): void {
    this.mode = 'climb';
    this.base = base;
    this.ceiling = ceiling;
    this.#start(1, time, 1000 / CLIMB_GROWTH_MS, now);
  }

  /** Stays free, but releases the queue at this pace instead of all at once. The pace doubles every four seconds. */
  release(rate: number): void {
    this.base = rate;
    this.#depth = 2;
  }

  /** Raises the pace of a release. The release is over when tokens are left, since then no call waits any more. */
  #continueRelease(time: number): void {
    this.base = this.#tokens >= 2 ? Infinity : Math.min(1e3, this.base * 2 ** (time / 4000));
  }

  /** The gate opens with this many tokens. */
  open(now: number, tokens: number): void {
    this.#tokens = tokens;
    this.#at = now;
  }

  get tokens(): number {
    return this.#tokens;
  }

  #start(depth: number, period: number, growth: number, now: number): void {
    this.#depth = Math.max(1, depth);
    this.period = period;
    this.#growth = growth;
    this.since = now;
  }
}

/** `x` limited to the range from `least` to `most`. */
export const within = (x: number, least: number, most: number): number => Math.max(least, Math.min(most, x));
