/** The ledger divides the period that it covers into about this many steps. */
const STEPS = 200;

/** How much had been spent in all at each instant of the recent past, in steps. */
export class Ledger {
  #steps: { readonly at: number; spent: number }[] = [];

  /** Notes the total spent by `now`. Totals of before `now - span` are needed no more. */
  note(now: number, spent: number, span: number): void {
    const steps = this.#steps;
    const last = steps.at(-1);
    if (last && now - last.at < span / STEPS) {
      last.spent = spent;
      return;
    }
    if (steps.length > 2 * STEPS)
      steps.splice(
        0,
        steps.findLastIndex(({ at }) => now - at >= span),
      );
    steps.push({ at: now, spent });
  }

  /** The total that had been spent by `time`. */
  by(time: number): number {
    return (this.#steps.findLast(({ at }) => at <= time) ?? this.#steps[0])?.spent ?? 0;
  }
}
