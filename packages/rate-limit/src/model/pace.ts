/** A climb that is past its ceiling takes so long to grow by a factor of e, in milliseconds. */
const CLIMB_GROWTH_MS = 20_000;
/** A search that sends nothing takes so long to grow by a factor of e, in milliseconds. */
const IDLE_GROWTH_MS = 20_000;
/** A search that sends requests grows by a factor of e to this power in each second. */
const SEARCH_GROWTH = 2;
/** From one request to the next a search grows by this factor at most. */
const MOST_PER_REQUEST = 1.25;
/** Above its ceiling a pace that tries for more is e to this power times the ceiling at most. */
const MOST_GROWTH = 2;

/**
 * The pace of a gate whose calls were refused, per ms, as a function of time; and the tokens that it gives. Four ways:
 *
 * - free: no pace;
 * - search: grows until refused again;
 * - climb: from a base in a straight line to a ceiling, and then beyond it;
 * - hold: a climb whose base is its ceiling.
 */
export class Pace {
  way: 'free' | 'search' | 'hold' | 'climb' = 'free';
  base: number = Infinity;
  ceiling: number = Infinity;
  /** How long the base is held, or the climb takes. */
  period = 0;
  since = 0;
  /** For how long it delayed no call and no call took a token, in milliseconds. */
  unused = 0;
  #growth = 0;
  #depth = 1;
  #tokens = 1;
  #at = 0;
  #lastSent = 0;

  /** Per ms. */
  rate(now: number): number {
    if (this.way === 'free') return this.base;
    // a search without requests grows with time: a pace that is too low by mistake must not stay
    if (this.way === 'search') return this.base * Math.exp(within(now - this.#lastSent, 0, 200_000) / IDLE_GROWTH_MS);
    const time = now - this.since;
    if (time < this.period) return this.base + ((this.ceiling - this.base) * time) / this.period;
    const grown = Math.min(MOST_GROWTH, (this.#growth * (time - this.period)) / 1000);
    return Math.min(1e3, this.ceiling * Math.exp(grown));
  }

  /** Does it try for more than it knows to be accepted? */
  tries(now: number): boolean {
    return this.way === 'hold' && now - this.since > this.period;
  }

  delay(now: number): number {
    if (this.base === Infinity) return 0;
    const needed = 1 - this.#tokens;
    return needed > 1e-9 ? Math.min(needed / this.rate(now), 1_000) : 0; // the pace may grow meanwhile
  }

  /** Time passes. While the gate is closed no call can be sent, so no token counts as unused, and a `free` pace stays as it is. */
  advance(now: number, closed = false): void {
    if (now <= this.#at) return;
    if (this.base < Infinity && !(closed && this.way === 'free')) {
      const full = Math.max(this.#tokens, this.#depth);
      const rate = this.rate(now);
      const tokens = this.#tokens + rate * (now - this.#at);
      this.#tokens = Math.min(full, tokens);
      if (!closed) this.unused += (tokens - this.#tokens) / rate;
      if (this.way === 'free') this.#recover(now - this.#at);
    }
    this.#at = now;
  }

  take(now: number): void {
    if (this.base < Infinity) this.#tokens--;
    if (this.way === 'search') {
      const time = Math.min(1000, now - this.#lastSent) / 1000;
      this.base = this.rate(now) * Math.min(MOST_PER_REQUEST, Math.exp(this.#growth * time));
    } else if (this.rate(now) > 2 * this.ceiling) this.raise(this.rate(now), now); // a pace that was far too low may grow without end
    this.#lastSent = now;
  }

  /** It is so much at least. */
  raise(rate: number, now: number): void {
    if (this.rate(now) > rate) return;
    this.base = this.ceiling = rate;
    this.since = now - this.period;
  }

  /** What was taken was not sent after all: its token comes back, and a search has not grown by it. */
  giveBack(before: number): void {
    if (this.base < Infinity) this.#tokens++;
    if (this.way === 'search') this.base = Math.min(this.base, before);
  }

  /** More than it gives was accepted: it tries for more now. */
  hasten(now: number): void {
    this.since = Math.min(this.since, now - this.period);
    this.#tokens = Math.max(0, this.#tokens);
  }

  search(rate: number, depth: number): void {
    this.way = 'search';
    this.base = rate;
    this.#growth = SEARCH_GROWTH;
    this.#depth = Math.max(1, depth);
    this.#tokens = within(this.#tokens, 1, this.#depth);
  }

  /** A search goes on from this pace, if that is higher. */
  winBack(rate: number): void {
    if (this.way === 'search') this.base = Math.max(this.base, rate);
  }

  hold(rate: number, depth: number, patience: number, growth: number, now: number): void {
    this.way = 'hold';
    this.base = this.ceiling = rate;
    this.#start(depth, patience, growth, now);
  }

  climb(base: number, ceiling: number, time: number, now: number): void {
    this.way = 'climb';
    this.base = base;
    this.ceiling = ceiling;
    this.#start(1, time, 1000 / CLIMB_GROWTH_MS, now);
  }

  /** Stays free, but what waited is let go at this pace, which doubles in four seconds, and not all at once. */
  release(rate: number): void {
    this.base = rate;
    this.#depth = 2;
  }

  /** No call waits any more: free as before. */
  #recover(time: number): void {
    this.base = this.#tokens >= 2 ? Infinity : Math.min(1e3, this.base * 2 ** (time / 4000));
  }

  /** The gate opens: what was saved while it was closed is at most `tokens`. */
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

/** `x`, but not less than `least` and not more than `most`. */
export const within = (x: number, least: number, most: number): number => Math.max(least, Math.min(most, x));
