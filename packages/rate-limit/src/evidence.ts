import type { Gate } from './gate.ts';

/** Refusals that are further apart have nothing to do with each other, in milliseconds. */
const MEMORY = 60_000;
/** So many acceptances of others per refusal contradict one common limit. */
const CONTRADICTED = 8;
/** Refused so often again, after a wait each time and with no other in between, it is the only one. */
const ALONE = 2;

/** A refusal of a request that was sent at a time. */
export interface Refused {
  readonly sentAt: number;
  readonly now: number;
  readonly policy: string | undefined;
}

/**
 * Whether the gates below one have a limit in common. Two of them that are refused in succession say so; so do three,
 * if few others are accepted in between. One that is refused again while others are accepted says the opposite.
 */
export class Evidence {
  #last: Gate | undefined;
  #policy: string | undefined;
  /** How often other gates than the last refused one were accepted since. */
  #others = 0;
  /** How often it was refused again by itself. */
  #again = 0;
  readonly #refused = new Set<Gate>();
  #at = 0;

  accepted(child: Gate): void {
    if (this.#last !== undefined && child !== this.#last) this.#others++;
  }

  /** Returns whether one gate should stand for all of them, and the ones that were refused. */
  refused(child: Gate, wide: boolean, { sentAt, now, policy }: Refused): { wide: boolean; refused: Gate[] } {
    const isOther = policy !== this.#policy && policy !== undefined && this.#policy !== undefined;
    if (isOther || now - this.#at > MEMORY) this.#refused.clear();
    this.#again = this.#last !== child ? 0 : sentAt > this.#at ? this.#again + 1 : this.#again;
    const judged = this.#judge(child, wide);
    const refused = [...this.#refused];
    this.#refused.add(child);
    [this.#last, this.#policy, this.#others, this.#at] = [child, policy, 0, now];
    return { wide: judged, refused };
  }

  #judge(child: Gate, wide: boolean): boolean {
    if (this.#refused.size === 0) return wide;
    if (this.#last === child) {
      this.#refused.clear();
      return wide && this.#others < 2 && this.#again < ALONE;
    }
    return wide || this.#others === 0 || (this.#refused.size > 1 && this.#others < CONTRADICTED);
  }
}
