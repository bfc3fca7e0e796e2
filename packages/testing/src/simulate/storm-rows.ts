import type { StormRow } from './storm-report.ts';

/** The rows of a simulation, one per second. Those of `seconds` exist from the start; later ones are added when needed. */
export class StormRows {
  readonly all: StormRow[] = [];
  readonly #time: { readonly elapsed: number };

  constructor(time: { readonly elapsed: number }, seconds: number) {
    this.#time = time;
    this.#grow(seconds);
  }

  get now(): StormRow {
    const second = Math.floor(this.#time.elapsed / 1_000);
    this.#grow(second + 1);
    return this.all[second]!;
  }

  #grow(length: number): void {
    while (this.all.length < length) this.all.push({ calls: 0, sent: 0, ok: 0, bad: 0 });
  }
}
