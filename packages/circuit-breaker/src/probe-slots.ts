import type { Permit } from './permit.ts';

/** The slots of a half-open circuit: one for each success that it takes to close it. */
export class ProbeSlots {
  readonly #slots: number;
  readonly #timeout: number;
  /** Oldest first, with the time each was taken. */
  readonly #held = new Map<Permit, number>();
  #passed = 0;

  constructor(slots: number, timeout: number) {
    this.#slots = slots;
    this.#timeout = timeout;
  }

  get inFlight(): number {
    return this.#held.size;
  }

  /** A probe without an answer for too long no longer holds its slot, or one lost call would end all calls. */
  isFull(now: number): boolean {
    for (const [permit, since] of this.#held) {
      if (now - since < this.#timeout) break;
      this.#held.delete(permit);
    }
    return this.#held.size + this.#passed >= this.#slots;
  }

  take(permit: Permit, now: number): void {
    this.#held.set(permit, now);
  }

  giveBack(permit: Permit): void {
    this.#held.delete(permit);
  }

  /** Notes a success, and says whether it was the last one needed. */
  pass(): boolean {
    return ++this.#passed >= this.#slots;
  }

  clear(): void {
    this.#held.clear();
    this.#passed = 0;
  }
}
