import type { Belief, Stance } from './belief.ts';
import type { Epoch } from './epoch.ts';
import { learn } from './learn.ts';
import { Pacer } from './pacer.ts';

/** What was learned of a limit that the server does not state, until it turns out not to hold. */
export class Learned {
  #pacer: Pacer | undefined;
  #paced = false;
  #probesAt = 0;

  get belief(): Belief | undefined {
    return this.#pacer?.belief;
  }

  /** Requests per millisecond. */
  get rate(): number | undefined {
    return this.#paced ? this.#pacer?.stance.rate : undefined;
  }

  /** Whether the pace has left what was believed far behind. */
  get isOutgrown(): boolean {
    return this.#pacer !== undefined && this.#pacer.outgrown;
  }

  /** Whether it is time to try for more. */
  mayProbe(now: number): boolean {
    return now > this.#probesAt;
  }

  /** How many requests the pace keeps in flight; 0 while it was not measured. */
  inFlight(rtt: number): number {
    return this.belief?.measured ? 2 * this.belief.rate * rtt : 0;
  }

  wait(now: number): number {
    return this.#paced && this.#pacer ? this.#pacer.wait(now) : 0;
  }

  take(now: number, rtt: number): void {
    this.#pacer?.take(now, rtt);
  }

  /** Takes in what an epoch says. `concurrent`: the limit is one by concurrency, so that no pace is kept. */
  learn(epoch: Epoch, { now, rtt, concurrent }: { now: number; rtt: number; concurrent: boolean }): void {
    const stance: Stance = this.#pacer?.stance ?? { rate: 0, probing: false };
    const closure = now - epoch.lastRefused;
    const belief = learn(epoch, { belief: this.belief, stance, closure, rtt });
    this.#pacer = new Pacer(belief, now);
    this.#paced = !concurrent;
    this.#probesAt = now + Math.max(belief.patience, concurrent ? 30 * closure : 0);
  }

  forget(): void {
    this.#pacer = undefined;
    this.#paced = false;
  }
}
