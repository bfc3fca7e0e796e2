import type { Outcome } from './situation.ts';

/** Counts what became of the calls. */
export class Tally {
  readonly #over: number | undefined;
  readonly #durations: number[] = [];
  #ok = 0;
  #sent = 0;
  #open = 0;
  #mostOpen = 0;
  #back: number | undefined;
  #lastEnd = 0;

  constructor(over: number | undefined) {
    this.#over = over;
  }

  /** Returns what closes the connection; calling it twice is harmless. */
  open(): () => void {
    this.#sent++;
    this.#mostOpen = Math.max(this.#mostOpen, ++this.#open);
    let closed = false;
    return () => {
      if (!closed) this.#open--;
      closed = true;
    };
  }

  /** `at`: when the call succeeded, if it did. */
  ended(ms: number, at: number | undefined): void {
    this.#durations.push(ms);
    if (at === undefined) return;
    this.#ok++;
    this.#lastEnd = Math.max(this.#lastEnd, at);
    if (this.#over !== undefined && at >= this.#over) this.#back = Math.min(this.#back ?? Infinity, at - this.#over);
  }

  outcome(): Outcome {
    const calls = this.#durations.length;
    return {
      calls,
      success: calls === 0 ? 0 : this.#ok / calls,
      p50: quantile(this.#durations, 0.5),
      p95: quantile(this.#durations, 0.95),
      back: this.#over === undefined ? undefined : (this.#back ?? Infinity),
      done: this.#ok,
      lastDone: this.#lastEnd,
      sentPerCall: calls === 0 ? 0 : this.#sent / calls,
      connections: this.#mostOpen,
    };
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
