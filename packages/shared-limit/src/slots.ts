import type { Reply } from './state.ts';
import { LAPSED, MOST_SLOTS } from './usable.ts';

/** A slot lapses once it was due this long ago if no call waits for one, ms. */
const LAPSED_IDLE_MS = 50;
/** A batch is what all processes together use in this time, ms. It is the same for each process, so that shares are equal. */
const BATCH_MS = 25;

export interface Slot {
  readonly at: number;
  readonly lease: Reply;
  readonly cost: number;
}

/** The slots that one process has reserved, and how fast it uses them. Times are by the clock of this process. */
export class Slots {
  /** How many slots the next question asks for. */
  want = 1;
  /** The reply that reserved slots last. */
  lease: Reply | undefined;
  /** The rate that this process gets while its calls wait, per ms; 0: they do not wait. */
  pace = 0;
  isWaitedFor = false;
  /** When the place has its next free slot; `-Infinity`: not known. */
  freeAt: number = -Infinity;
  /** Whether a call had to wait for a slot of this batch. */
  hasWaited = false;
  #slots: Slot[] = [];
  /** When the reserved slots were asked for, and when the place last answered. */
  #askedAt = 0;
  #answeredAt = 0;

  get first(): Slot | undefined {
    return this.#slots[0];
  }

  /** Whether the first slot is due, and the limit may have been closed since the place last answered. */
  isStale(now: number): boolean {
    const { at, lease } = this.#slots[0]!;
    return at <= now && now - this.#answeredAt > lease.goodFor;
  }

  /** Drops the slots that have lapsed. */
  advance(now: number): void {
    const lapsed = now - (this.isWaitedFor ? LAPSED : LAPSED_IDLE_MS);
    while (this.#slots.length > 0 && this.#slots[0]!.at < lapsed) {
      this.#slots.shift();
      this.want = 1;
    }
  }

  /** Notes an answer of the place. Drops the slots if the limit was closed after they were reserved. */
  answered({ closedUntil }: Reply, now: number): void {
    this.#answeredAt = now;
    if (this.first && closedUntil !== this.first.lease.closedUntil) this.drop();
  }

  /** Adds the slots that the place has reserved. Its clock is `offset` behind. */
  add(lease: Reply, offset: number, cost: number, askedAt: number): void {
    this.lease = lease;
    this.#askedAt = askedAt;
    this.freeAt = lease.count > 0 ? -Infinity : lease.first + offset;
    for (let n = 0; n < lease.count; n++) {
      this.#slots.push({ at: lease.first + n * lease.every + offset, lease, cost });
    }
  }

  take(now: number): Slot | undefined {
    const slot = this.#slots.shift();
    if (slot && this.#slots.length === 0) this.#endBatch(slot.lease, now);
    return slot;
  }

  /** Puts back a slot whose call was not sent. */
  giveBack(slot: Slot): void {
    this.#slots.unshift(slot);
  }

  drop(): void {
    this.#slots = [];
  }

  /** Drops all slots, and forgets the pace and how many to ask for. */
  forget(): void {
    this.drop();
    this.pace = 0;
    this.want = 1;
  }

  /** The batch is used up: sets the size of the next one, at most twice as large, and measures the pace. */
  #endBatch({ count, every }: Reply, now: number): void {
    const pace = count / Math.max(1, now - this.#askedAt);
    if (!this.hasWaited) this.pace = 0;
    else this.pace = this.pace > 0 ? 0.8 * this.pace + 0.2 * pace : pace;
    this.hasWaited = false;
    this.want = Math.min(MOST_SLOTS, 2 * this.want, every > 0 ? Math.ceil(BATCH_MS / every) : MOST_SLOTS);
  }
}
