import type { Permit } from './gate.ts';

/** How long a call waits for a guess before it goes ahead of it, at least and at most, in milliseconds. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 8_000;

/** The call that goes ahead of a pace: one at a time, since the guess may be right. */
export class Ahead {
  #permit: Permit | undefined;
  /** How long the next one waits: twice as long after one that was refused. */
  patience: number = SHORTEST_MS;

  get isOut(): boolean {
    return this.#permit !== undefined;
  }

  sent(permit: Permit): Permit {
    this.#permit = permit;
    return permit;
  }

  answered(permit: Permit, isRefused: boolean): void {
    if (permit === this.#permit) this.patience = isRefused ? Math.min(LONGEST_MS, 2 * this.patience) : SHORTEST_MS;
  }

  returned(permit: Permit): void {
    if (permit === this.#permit) this.#permit = undefined;
  }
}
