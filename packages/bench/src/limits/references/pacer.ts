/** Decides when the next request may be sent. Times are milliseconds; rates are requests per millisecond. */
export interface Pacer {
  /** Until a request may be sent: 0 for now. */
  delay(now: number): number;
  send(now: number): void;
  accepted(now: number): void;
  /** `sentAt`: when the refused request was sent. */
  refused(now: number, sentAt: number): void;
}

/** Tokens that come at a rate, up to a depth; without end while the rate is infinite. */
export class Tokens {
  rate: number;
  depth: number;
  count: number;
  #at = 0;

  constructor({ rate = Infinity, depth = 1, count = 1 }: { rate?: number; depth?: number; count?: number } = {}) {
    this.rate = rate;
    this.depth = depth;
    this.count = count;
  }

  advance(now: number): void {
    if (this.rate < Infinity && this.#at > 0) this.count += (now - this.#at) * this.rate;
    this.count = Math.min(this.depth, this.count);
    this.#at = now;
  }

  delay(now: number): number {
    if (this.rate === Infinity) return 0;
    this.advance(now);
    return this.count >= 1 ? 0 : (1 - this.count) / this.rate;
  }

  take(now: number): void {
    this.advance(now);
    if (this.rate < Infinity) this.count--;
  }
}
