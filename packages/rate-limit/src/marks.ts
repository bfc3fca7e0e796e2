const MOST = 128;

/** How many requests had been sent at which time: exact while it is short, thinned out evenly when it grows long. */
export class Marks {
  #times: number[] = [];
  #counts: number[] = [];
  #gap = 0;

  add(time: number, count: number): void {
    const last = this.#times.at(-1);
    if (last !== undefined && time - last < this.#gap) return;
    if (this.#times.length >= MOST) this.#thin(time);
    this.#times.push(time);
    this.#counts.push(count);
  }

  *[Symbol.iterator](): Generator<readonly [time: number, count: number]> {
    for (let i = 0; i < this.#times.length; i++) yield [this.#times[i]!, this.#counts[i]!];
  }

  #thin(now: number): void {
    this.#gap = Math.max(1, ((now - this.#times[0]!) / MOST) * 2);
    this.#times = this.#times.filter((_, i) => i % 2 === 0);
    this.#counts = this.#counts.filter((_, i) => i % 2 === 0);
  }
}
