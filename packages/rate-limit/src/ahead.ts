import type { Permit } from './gate.ts';

/** How long a call waits for a guess before it goes ahead of it, at least and at most, in milliseconds. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 8_000;

/** Where one refusal is believed, a guess is contradicted when so many requests were accepted since the last one. */
const CONTRADICTED_BY = 20;

/** The call that goes ahead of a pace: one at a time, since the guess may be right. */
export class Ahead {
  readonly #mustProve: boolean;
  #permit: Permit | undefined;
  #accepted = 0;
  /** How long the next one waits: where a limit must be proven, a second at first, and twice as long after one that was refused. */
  patience: number;

  constructor(mustProve: boolean) {
    this.#mustProve = mustProve;
    this.patience = mustProve ? SHORTEST_MS : LONGEST_MS;
  }

  /** Whether none may go: one is out, or nothing contradicts the guess. */
  get isBarred(): boolean {
    return this.isOut || !(this.#mustProve || this.#accepted >= CONTRADICTED_BY);
  }

  get isOut(): boolean {
    return this.#permit !== undefined;
  }

  sent(permit: Permit): Permit {
    this.#permit = permit;
    return permit;
  }

  answered(permit: Permit, isRefused: boolean): void {
    this.#accepted = isRefused ? 0 : this.#accepted + 1;
    if (permit !== this.#permit || !this.#mustProve) return;
    this.patience = isRefused ? Math.min(LONGEST_MS, 2 * this.patience) : SHORTEST_MS;
  }

  returned(permit: Permit): void {
    if (permit === this.#permit) this.#permit = undefined;
  }
}
