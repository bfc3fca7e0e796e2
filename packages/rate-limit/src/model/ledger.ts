/** About so many steps are kept of the time that is asked for. */
const STEPS = 200;

/** How much had been spent at which time, in steps. */
export class Ledger {
  #steps: { readonly at: number; spent: number }[] = [];

  /** All that is spent by now, also just now; what was spent longer ago than `span` will not be asked for. */
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

  /** How much had been spent by then. */
  by(time: number): number {
    return (this.#steps.findLast(({ at }) => at <= time) ?? this.#steps[0])?.spent ?? 0;
  }
}
