import { type Clock, notify } from '@steadfetch/core';
import { type Answer, Pacer, type PacerOptions, type Sent, type Settled, type Snapshot } from './model/model.ts';

/** Slots in time: one request each, `every` milliseconds apart. Times are milliseconds since the epoch. */
export interface LimitSlots {
  readonly first: number;
  readonly every: number;
  readonly count: number;
  /** Until then nobody sends: 0 where the limit is not closed. */
  readonly closedUntil: number;
}

/** What a refusal contradicts: a store counts refusals of leases with the same `closedUntil` once. */
export interface SeenRefusal {
  readonly closedUntil: number;
  /** What the server asked for, in milliseconds, where it said so. */
  readonly wait: number | undefined;
}

/**
 * Where a limit is kept that several processes share. Each method may answer at once or by a promise. One that fails, or that
 * takes longer than 50 ms, holds nobody back: for a second the limit is learned locally.
 */
export interface LimitStore {
  /** Reserves up to `want` slots. One that is not used lapses: nothing is given back. */
  reserve(key: string, want: number): LimitSlots | Promise<LimitSlots>;
  /** The server refused a request that had a slot: closes the limit for all. */
  refuse(key: string, seen: SeenRefusal): unknown;
  /** A request that had a slot of this lease was accepted; `cost` is what it cost. */
  settle(slots: LimitSlots, cost: number): unknown;
}

/** A store that takes longer is not waited for, and one that failed is asked again after so long, in milliseconds. */
const SLOW = 50;
const PAUSE = 1_000;
/** A slot that is older lapses, in milliseconds. */
const LAPSED = 50;
/** At most so many slots are reserved at once. */
const HANDFUL = 8;

interface Parts {
  readonly key: string;
  readonly store: LimitStore;
  readonly clock: Clock;
  readonly now: () => number;
  /** Slots came, or the store failed: calls may go. */
  readonly wake: () => void;
}

interface Slot {
  readonly at: number;
  readonly lease: LimitSlots;
}

/** Lets calls out at the slots that a store reserves. While the store fails, it is the local model that it extends. */
export class StoredPacer extends Pacer {
  readonly #parts: Parts;
  readonly #slots: Slot[] = [];
  /** The slots that requests took, until they are answered. */
  readonly #taken = new WeakMap<Sent, LimitSlots>();
  #want = 1;
  #isAsking = false;
  #closedUntil = -Infinity;
  #askAgainAt = -Infinity;

  constructor(options: PacerOptions, parts: Parts) {
    super(options);
    this.#parts = parts;
  }

  override advance(now: number): void {
    super.advance(now);
    while (this.#slots.length > 0 && this.#slots[0]!.at + LAPSED < now) {
      this.#slots.shift();
      this.#want = 1;
    }
    if (this.#slots.length === 0 && !this.#isAsking && now >= this.#askAgainAt) this.#ask();
  }

  override delay(now: number, cost?: number): number {
    if (now < this.#askAgainAt) return super.delay(now, cost);
    const closed = Math.max(this.snapshot(now).opensIn, this.#closedUntil - now);
    const slot = this.#slots[0];
    return Math.max(0, closed, slot ? slot.at - now : PAUSE);
  }

  override send(now: number, cost?: number): Sent {
    const sent = super.send(now, cost);
    const slot = this.#slots.shift();
    if (slot) {
      this.#taken.set(sent, slot.lease);
      if (this.#slots.length === 0) this.#want = Math.min(HANDFUL, 2 * this.#want);
    }
    return sent;
  }

  override settle(sent: Sent, now: number, answer: Answer): Settled {
    const lease = this.#taken.get(sent);
    const { store, key } = this.#parts;
    if (lease && answer.kind === 'accepted') notify(() => store.settle(lease, answer.cost ?? sent.cost), undefined);
    if (lease && answer.kind === 'refused') {
      this.#slots.length = 0;
      notify(() => store.refuse(key, { closedUntil: lease.closedUntil, wait: answer.wait }), undefined);
    }
    return super.settle(sent, now, answer);
  }

  override snapshot(now: number): Snapshot {
    const local = super.snapshot(now);
    return now < this.#askAgainAt ? local : { ...local, why: 'a store reserves the slots' };
  }

  #ask(): void {
    const { store, key, clock } = this.#parts;
    this.#isAsking = true;
    try {
      const lease = store.reserve(key, this.#want);
      if (isSettled(lease)) {
        this.#receive(lease);
        return;
      }
      const stop = new AbortController();
      const slow = clock.sleep(SLOW, stop.signal).then(() => undefined);
      slow.catch(() => {});
      Promise.race([lease, slow])
        .finally(() => stop.abort())
        .then((heard) => this.#receive(heard))
        .catch(() => this.#receive(undefined));
    } catch {
      this.#receive(undefined);
    }
  }

  #receive(lease: LimitSlots | undefined): void {
    const { clock, now, wake } = this.#parts;
    this.#isAsking = false;
    const offset = now() - clock.now();
    if (!areUsable(lease)) this.#askAgainAt = now() + PAUSE;
    else {
      this.#closedUntil = lease.closedUntil + offset;
      for (let n = 0; n < lease.count; n++) this.#slots.push({ at: lease.first + n * lease.every + offset, lease });
    }
    wake();
  }
}

function areUsable(lease: LimitSlots | undefined): lease is LimitSlots {
  const numbers = [lease?.first, lease?.every, lease?.closedUntil];
  if (!numbers.every((number) => Number.isFinite(number)) || lease!.every < 0) return false;
  return Number.isInteger(lease!.count) && lease!.count > 0 && lease!.count <= 1_000;
}

function isSettled(lease: LimitSlots | Promise<LimitSlots>): lease is LimitSlots {
  return typeof (lease as Partial<Promise<LimitSlots>>)?.then !== 'function';
}
