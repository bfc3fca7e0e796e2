/** A limit that is known in advance: in no `per` milliseconds more than `requests`, whatever became of them. */
export class KnownLimit {
  readonly requests: number;
  readonly per: number;
  readonly #times: number[] = [];
  #oldest = 0;

  constructor(requests: number, per: number) {
    this.requests = requests;
    this.per = per;
  }

  /** Milliseconds until one may be sent that has `ahead` others before it; 0 for now. */
  wait(now: number, ahead = 0): number {
    const { requests, per } = this;
    const rounds = Math.floor(ahead / requests);
    const slot = ahead % requests;
    const free = requests - this.#times.length;
    if (slot < free) return rounds * per;
    const leaves = this.#times[(this.#oldest + slot - free) % this.#times.length]! + per;
    return Math.max(0, leaves - now) + rounds * per;
  }

  take(now: number): void {
    if (this.#times.length < this.requests) this.#times.push(now);
    else {
      this.#times[this.#oldest] = now;
      this.#oldest = (this.#oldest + 1) % this.requests;
    }
  }
}
