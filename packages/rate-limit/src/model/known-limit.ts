/** A limit that the user configured: at most `requests` in any `per` milliseconds, whatever the server answers. */
export class KnownLimit {
  readonly #requests: number;
  readonly #per: number;
  /** When requests were sent, in order. Those before index `#first` are older than `per` and no longer count. */
  #times: number[] = [];
  #first = 0;

  constructor({ requests, per }: { requests: number; per: number }) {
    this.#requests = requests;
    this.#per = per;
  }

  /** When the next request may be sent. */
  get next(): number {
    const index = this.#times.length - this.#requests;
    return index < this.#first ? -Infinity : this.#times[index]! + this.#per;
  }

  delay(now: number): number {
    return Math.max(0, this.next - now);
  }

  take(now: number): void {
    const times = this.#times;
    times.push(now);
    while (times[this.#first]! + this.#per <= now) this.#first++;
    if (this.#first < times.length / 2) return;
    this.#times = times.slice(this.#first);
    this.#first = 0;
  }

  /** Uncounts a request that was not sent after all. */
  giveBack(at: number): void {
    const index = this.#times.lastIndexOf(at);
    if (index >= this.#first) this.#times.splice(index, 1);
  }
}
