import type { Clock } from '@steadfetch/core';
import {
  type Answer,
  Pacer,
  type PacerOptions,
  type Quota,
  type Sent,
  type Settled,
  type Snapshot,
} from './model/model.ts';

/** Slots in time: one request each, `every` milliseconds apart. Times are milliseconds since the epoch. */
export interface LimitSlots {
  readonly first: number;
  readonly every: number;
  /** 0 only in answer to a question for none. */
  readonly count: number;
  /** Until then nobody sends: 0 where the limit is not closed. */
  readonly closedUntil: number;
  /** After so many milliseconds it is asked whether slots are still good, before one is used. @default 250 */
  readonly goodFor?: number;
}

/** What a refusal contradicts: a store counts refusals of leases with the same `closedUntil` once. */
export interface SeenRefusal {
  readonly closedUntil: number;
  /** What the server asked for, in milliseconds, where it said so. */
  readonly wait: number | undefined;
  /** The lease of the refused request, as the store answered it. */
  readonly slots: LimitSlots;
  /** What the refusal says about quotas. */
  readonly quotas: readonly Quota[];
}

/**
 * Where a limit is kept that several processes share. Each method may answer at once or by a promise. One that fails, or that
 * takes longer than 50 ms, holds nobody back: until it answers again the limit is learned locally, from the pace that this
 * process had.
 */
export interface LimitStore {
  /**
   * Reserves up to `want` slots, each for a call of this cost. One that is not used lapses: nothing is given back. Asked
   * for none, the store says what it believes now: another `closedUntil` revokes what was reserved before.
   */
  reserve(key: string, want: number, cost: number): LimitSlots | Promise<LimitSlots>;
  /** The server refused a request that had a slot: closes the limit for all. */
  refuse(key: string, seen: SeenRefusal): unknown;
  /** A request that had a slot of this lease was accepted; `cost` is what it cost, `quotas` what the response says of them. */
  settle(slots: LimitSlots, cost: number, quotas: readonly Quota[]): unknown;
}

/** A store that takes longer is not waited for, and one that failed is asked again after so long, in milliseconds. */
const SLOW = 50;
const PAUSE = 1_000;
/** A slot that is older lapses, and later where a call waits for it and this process was busy, in milliseconds. */
const LAPSED = 50;
const LAPSED_BUSY = 500;
/** A handful is what all together use in so many milliseconds: the same for each process, so that shares are equal. */
const HANDFUL = 25;
const MOST = 1_000;
const GOOD_FOR = 250;
/** Without the store a process begins with so much of the pace that it had, and doubles it in so many milliseconds. */
const KEPT = 0.9;
const DOUBLING = 10_000;
const NO_QUOTAS: readonly Quota[] = [];

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
  /** What was accepted before the store answered for the first time. */
  readonly #unreported: number[] = [];
  #want = 1;
  #cost = 1;
  #lease: LimitSlots | undefined;
  /** When the lease in hand was asked for, and when the store last said that it holds. */
  #askedAt = 0;
  #goodAt = 0;
  /** What the question that is on its way is for; `undefined`: none is. */
  #asking: 'slots' | 'whether they hold' | undefined;
  #closedUntil = -Infinity;
  /** A call waits for a slot. */
  #isWaiting = false;
  /** Since when the store fails, and when it is asked again. */
  #failedAt: number | undefined;
  #askAgainAt = 0;
  /** The pace that this process had, per ms, and when it lets the next call out without a store. */
  #pace = 0;
  #next = 0;

  constructor(options: PacerOptions, parts: Parts) {
    super(options);
    this.#parts = parts;
  }

  override advance(now: number): void {
    super.advance(now);
    const lapsed = now - (this.#isWaiting ? LAPSED_BUSY : LAPSED);
    while (this.#slots.length > 0 && this.#slots[0]!.at < lapsed) {
      this.#slots.shift();
      this.#want = 1;
    }
  }

  override delay(now: number, cost = 1): number {
    this.#cost = cost;
    if (!this.#asking) this.#askIfNeeded(now);
    if (this.#failedAt !== undefined) return Math.max(super.delay(now, cost), this.#next - now);
    const closed = Math.max(this.snapshot(now).opensIn, this.#closedUntil - now);
    const slot = this.#slots[0];
    const delay = Math.max(0, closed, slot && !this.#isStale(now) ? slot.at - now : PAUSE);
    this.#isWaiting = delay > 0;
    return delay;
  }

  override send(now: number, cost?: number): Sent {
    const sent = super.send(now, cost);
    const slot = this.#failedAt === undefined ? this.#slots.shift() : undefined;
    if (slot) {
      this.#taken.set(sent, slot.lease);
      if (this.#slots.length === 0) this.#usedUp(slot.lease, now);
    } else if (this.#failedAt !== undefined && this.#pace > 0) {
      const pace = KEPT * this.#pace * 2 ** Math.min(30, (now - this.#failedAt) / DOUBLING);
      this.#next = Math.max(this.#next, now - LAPSED) + 1 / pace;
    }
    return sent;
  }

  override settle(sent: Sent, now: number, answer: Answer): Settled {
    const settled = super.settle(sent, now, answer);
    const isAccepted = answer.kind === 'accepted';
    // what was sent without the store counts too: it is measured what all accepted
    const lease = this.#taken.get(sent) ?? (isAccepted ? this.#lease : undefined);
    if (!lease) {
      if (isAccepted && this.#unreported.length < MOST) this.#unreported.push(answer.cost ?? sent.cost);
      return settled;
    }
    const { store, key } = this.#parts;
    const { quotas = NO_QUOTAS, wait } = answer;
    if (isAccepted) quietly(() => store.settle(lease, answer.cost ?? sent.cost, quotas));
    // a refusal that the local model does not believe to be about the pace is nobody else's affair
    if (answer.kind === 'refused' && settled.closed) {
      this.#slots.length = 0;
      quietly(() => store.refuse(key, { closedUntil: lease.closedUntil, wait, slots: lease, quotas }));
    }
    return settled;
  }

  override snapshot(now: number): Snapshot {
    const local = super.snapshot(now);
    if (this.#failedAt !== undefined || !this.#lease) return local;
    const rate = this.#lease.every > 0 ? 1_000 / this.#lease.every : undefined;
    return { ...local, rate, why: 'a store reserves the slots' };
  }

  /** A call wants to go. */
  #askIfNeeded(now: number): void {
    if (this.#failedAt !== undefined) {
      if (now >= this.#askAgainAt) this.#ask(now, 1);
    } else if (this.#slots.length === 0) this.#ask(now, this.#want);
    else if (this.#isStale(now)) this.#ask(now, 0);
  }

  /** The first slot is due, and was reserved so long ago that the limit may have been closed since. */
  #isStale(now: number): boolean {
    const { at, lease } = this.#slots[0]!;
    return at <= now && now - this.#goodAt > (lease.goodFor ?? GOOD_FOR);
  }

  /** A handful was used up: the next one is at most twice as large. */
  #usedUp({ count, every }: LimitSlots, now: number): void {
    const pace = count / Math.max(1, now - this.#askedAt);
    if (every > 0) this.#pace = this.#pace > 0 ? 0.8 * this.#pace + 0.2 * pace : pace;
    this.#want = Math.min(MOST, 2 * this.#want, every > 0 ? Math.ceil(HANDFUL / every) : MOST);
  }

  #ask(now: number, want: number): void {
    const { store, key, clock } = this.#parts;
    this.#asking = want > 0 ? 'slots' : 'whether they hold';
    if (want > 0) this.#askedAt = now;
    try {
      const lease = store.reserve(key, want, this.#cost);
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
    const asked = this.#asking;
    this.#asking = undefined;
    if (!areUsable(lease, asked === 'slots' ? 1 : 0)) this.#fail(now());
    else {
      const offset = now() - clock.now();
      this.#failedAt = undefined;
      this.#goodAt = now();
      if (asked === 'slots') this.#take(lease, offset);
      else if (lease.closedUntil !== this.#slots[0]?.lease.closedUntil) this.#slots.length = 0;
      this.#closedUntil = lease.closedUntil + offset;
    }
    wake();
  }

  #take(lease: LimitSlots, offset: number): void {
    this.#lease = lease;
    for (const cost of this.#unreported.splice(0)) quietly(() => this.#parts.store.settle(lease, cost, NO_QUOTAS));
    for (let n = 0; n < lease.count; n++) this.#slots.push({ at: lease.first + n * lease.every + offset, lease });
  }

  #fail(now: number): void {
    if (this.#failedAt === undefined) {
      this.#failedAt = now;
      this.#next = now;
      this.#slots.length = 0;
    }
    this.#askAgainAt = now + PAUSE;
  }
}

function areUsable(lease: LimitSlots | undefined, least: number): lease is LimitSlots {
  const numbers = [lease?.first, lease?.every, lease?.closedUntil];
  if (!numbers.every((number) => Number.isFinite(number)) || lease!.every < 0) return false;
  return Number.isInteger(lease!.count) && lease!.count >= least && lease!.count <= MOST;
}

function isSettled(lease: LimitSlots | Promise<LimitSlots>): lease is LimitSlots {
  return typeof (lease as Partial<Promise<LimitSlots>>)?.then !== 'function';
}

/** What a store does with it afterwards is its own affair. */
function quietly(act: () => unknown): void {
  try {
    Promise.resolve(act()).catch(() => {});
  } catch {
    // as above
  }
}
