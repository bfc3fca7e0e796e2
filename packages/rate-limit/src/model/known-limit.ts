/** A limit that is known in advance: in no `per` milliseconds more than `requests`, whatever became of them. */
export class KnownLimit {
  readonly #requests: number;
  readonly #per: number;
  /** When the last ones were sent; a ring. */
  readonly #times: number[] = [];
  #oldest = 0;

  constructor({ requests, per }: { requests: number; per: number }) {
    this.#requests = requests;
    this.#per = per;
  }

  delay(now: number): number {
    if (this.#times.length < this.#requests) return 0;
    return Math.max(0, this.#times[this.#oldest]! + this.#per - now);
  }

  take(now: number): void {
    if (this.#times.length < this.#requests) this.#times.push(now);
    else {
      this.#times[this.#oldest] = now;
      this.#oldest = (this.#oldest + 1) % this.#requests;
    }
  }

  /** A request that was counted was not sent. */
  giveBack(at: number): void {
    const index = this.#times.indexOf(at);
    if (index < 0) return;
    const times = [...this.#times.slice(this.#oldest), ...this.#times.slice(0, this.#oldest)];
    times.splice(times.indexOf(at), 1);
    this.#times.splice(0, Infinity, ...times);
    this.#oldest = 0;
  }
}
