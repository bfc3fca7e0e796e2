import type { Reply } from './state.ts';
import { LAPSED, MOST_SLOTS } from './usable.ts';

/** A slot for which no call waits lapses earlier, ms. */
const LAPSED_IDLE = 50;
/** A handful is what all processes together use in this time, ms: the same for each, so that shares are equal. */
const HANDFUL = 25;

export interface Slot {
  readonly at: number;
  readonly lease: Reply;
  readonly cost: number;
}

/** The slots that one process has in hand, and what it uses of them. Times are those of this process. */
export class Slots {
  /** So many are asked for next. */
  want = 1;
  /** What was reserved last. */
  lease: Reply | undefined;
  /** The share that this process has while its calls wait, per ms; 0: they do not. */
  pace = 0;
  /** A call waits for a slot. */
  isWaitedFor = false;
  /** The place has no free slot before this time. */
  freeAt: number = -Infinity;
  #hasWaited = false;
  #slots: Slot[] = [];
  /** When those in hand were asked for, and when the place last answered. */
  #askedAt = 0;
  #heardAt = 0;

  get first(): Slot | undefined {
    return this.#slots[0];
  }

  /** Whether the first one is due, and the limit may have been closed since the place last answered. */
  isStale(now: number): boolean {
    const { at, lease } = this.#slots[0]!;
    return at <= now && now - this.#heardAt > lease.goodFor;
  }

  /** Drops what is too old to be used. */
  advance(now: number): void {
    const lapsed = now - (this.isWaitedFor ? LAPSED : LAPSED_IDLE);
    while (this.#slots.length > 0 && this.#slots[0]!.at < lapsed) {
      this.#slots.shift();
      this.want = 1;
    }
  }

  /** The place has answered: those that were reserved before the limit was last closed are not good any more. */
  heard({ closedUntil }: Reply, now: number): void {
    this.#heardAt = now;
    if (this.first && closedUntil !== this.first.lease.closedUntil) this.drop();
  }

  /** Takes what a place has reserved, by a clock that is `offset` behind. */
  add(lease: Reply, offset: number, cost: number, askedAt: number): void {
    this.lease = lease;
    this.#askedAt = askedAt;
    this.freeAt = lease.count > 0 ? -Infinity : lease.first + offset;
    for (let n = 0; n < lease.count; n++) {
      this.#slots.push({ at: lease.first + n * lease.every + offset, lease, cost });
    }
  }

  /** A call has to wait for the first one. */
  noteWait(): void {
    this.#hasWaited = true;
  }

  /** Takes the first one. */
  take(now: number): Slot | undefined {
    const slot = this.#slots.shift();
    if (slot && this.#slots.length === 0) this.#usedUp(slot.lease, now);
    return slot;
  }

  /** Its call was not sent. */
  giveBack(slot: Slot): void {
    this.#slots.unshift(slot);
  }

  /** None of them is good any more. */
  drop(): void {
    this.#slots = [];
  }

  /** Forgets the slots, the pace and how many to ask for. */
  forget(): void {
    this.drop();
    this.pace = 0;
    this.want = 1;
  }

  /** A handful was used up: the next one is at most twice as large. */
  #usedUp({ count, every }: Reply, now: number): void {
    const pace = count / Math.max(1, now - this.#askedAt);
    if (!this.#hasWaited) this.pace = 0;
    else this.pace = this.pace > 0 ? 0.8 * this.pace + 0.2 * pace : pace;
    this.#hasWaited = false;
    this.want = Math.min(MOST_SLOTS, 2 * this.want, every > 0 ? Math.ceil(HANDFUL / every) : MOST_SLOTS);
  }
}
