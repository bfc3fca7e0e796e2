/** About so many steps are kept of the time that is asked for. */
const STEPS = 200;

/** How much had been spent at which time, in steps. */
export class Ledger {
  #steps: { readonly at: number; readonly spent: number }[] = [];

  /** All that was spent until now; what was spent longer ago than `span` will not be asked for. */
  note(now: number, spent: number, span: number): void {
    const last = this.#steps.at(-1);
    if (last && now - last.at < span / STEPS) return;
    if (this.#steps.length > 2 * STEPS) this.#steps = this.#steps.filter(({ at }) => now - at < span);
    this.#steps.push({ at: now, spent });
  }

  /** How much had been spent by then. */
  by(time: number): number {
    const steps = this.#steps;
    const last = steps.findLastIndex(({ at }) => at <= time);
    const [a, b] = [steps[last], steps[last + 1]];
    if (!a || !b) return (a ?? b)?.spent ?? 0;
    return a.spent + ((b.spent - a.spent) * (time - a.at)) / (b.at - a.at);
  }
}
