import { type Clock, notify } from '@steadfetch/core';
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
 * takes longer than 50 ms, holds nobody back: this process keeps its pace and asks again after a second. After another failure
 * it learns the limit locally, and asks after twice as long each time, up to a minute, until the store was good for a minute.
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

/** A store that takes longer is not waited for, in milliseconds. */
const SLOW = 50;
/** One that failed is asked again after so long, and after twice as long at each failure until it was good for a minute. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const GOOD_AGAIN = 60_000;
/** Where no slot is at hand it is asked again after so long at most, in milliseconds: an answer comes before. */
const LATER = 1_000;
/** A slot that is older lapses, and later where a call waits for it and this process was busy, in milliseconds. */
const LAPSED = 50;
const LAPSED_BUSY = 500;
/** A handful is what all together use in so many milliseconds: the same for each process, so that shares are equal. */
const HANDFUL = 25;
const MOST = 1_000;
const GOOD_FOR = 250;
/** At its first failure in a while a store is expected back soon: until it is asked again a process keeps so much of its pace. */
const KEPT = 0.9;
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

/**
 * Lets calls out at the slots that a store reserves. While the store fails, a model of its own decides, which hears only of what
 * was sent without the store: requests at the pace of the store would look to it like refusals that have nothing to do with pace.
 */
export class StoredPacer extends Pacer {
  readonly #parts: Parts;
  readonly #local: Pacer;
  /** The requests that were sent without the store. */
  readonly #sentAlone = new WeakSet<Sent>();
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
  /** The store fails. For how long it is not asked then, when it is asked again, and since when it answers. */
  #isDown = false;
  #pause = 0;
  #askAgainAt = 0;
  #goodSince = 0;
  /** The pace that this process had, per ms, and when it lets the next call out while it keeps that. */
  #pace = 0;
  #next = 0;

  constructor(options: PacerOptions, parts: Parts) {
    super(options);
    this.#local = new Pacer(options);
    this.#parts = parts;
  }

  override advance(now: number): void {
    super.advance(now);
    this.#local.advance(now);
    const lapsed = now - (this.#isWaiting ? LAPSED_BUSY : LAPSED);
    while (this.#slots.length > 0 && this.#slots[0]!.at < lapsed) {
      this.#slots.shift();
      this.#want = 1;
    }
  }

  override delay(now: number, cost = 1): number {
    this.#cost = cost;
    if (!this.#asking) this.#askIfNeeded(now);
    if (this.#isAlone) return Math.max(this.#local.delay(now, cost), super.snapshot(now).opensIn);
    const closed = Math.max(0, this.snapshot(now).opensIn, this.#closedUntil - now);
    if (this.#isDown) return Math.max(closed, Math.min(LATER, this.#next - now));
    const slot = this.#slots[0];
    const delay = Math.max(closed, slot && !this.#isStale(now) ? slot.at - now : LATER);
    this.#isWaiting = delay > 0;
    return delay;
  }

  override send(now: number, cost?: number): Sent {
    if (this.#isAlone) {
      const sent = this.#local.send(now, cost);
      this.#sentAlone.add(sent);
      return sent;
    }
    const sent = super.send(now, cost);
    if (this.#isDown) this.#next = Math.max(this.#next, now - LAPSED) + 1 / (KEPT * this.#pace);
    const slot = this.#slots.shift();
    if (slot) {
      this.#taken.set(sent, slot.lease);
      if (this.#slots.length === 0) this.#usedUp(slot.lease, now);
    }
    return sent;
  }

  override settle(sent: Sent, now: number, answer: Answer): Settled {
    const settled = this.#sentAlone.has(sent) ? this.#local.settle(sent, now, answer) : super.settle(sent, now, answer);
    const isAccepted = answer.kind === 'accepted';
    // what was sent without the store counts too: it is measured what all accepted
    const lease = this.#taken.get(sent) ?? (isAccepted ? this.#lease : undefined);
    if (!lease) {
      if (isAccepted && this.#unreported.length < MOST) this.#unreported.push(answer.cost ?? sent.cost);
      return settled;
    }
    const { store, key } = this.#parts;
    const { quotas = NO_QUOTAS, wait } = answer;
    if (isAccepted) notify(() => store.settle(lease, answer.cost ?? sent.cost, quotas), undefined);
    // a refusal that the local model does not believe to be about the pace is nobody else's affair
    if (answer.kind === 'refused' && settled.closed) {
      this.#slots.length = 0;
      notify(() => store.refuse(key, { closedUntil: lease.closedUntil, wait, slots: lease, quotas }), undefined);
    }
    return settled;
  }

  override snapshot(now: number): Snapshot {
    const [stored, local] = [super.snapshot(now), this.#local.snapshot(now)];
    const { opensIn, state } = stored.opensIn > local.opensIn ? stored : local;
    if (this.#isAlone || !this.#lease) return { ...local, opensIn, state };
    const rate = this.#lease.every > 0 ? 1_000 / this.#lease.every : undefined;
    return { ...stored, opensIn, state, rate, why: 'a store reserves the slots' };
  }

  /** The local model decides: the store failed again, or before this process had a pace. */
  get #isAlone(): boolean {
    return this.#isDown && (this.#pause > PAUSE || this.#pace === 0);
  }

  /** A call wants to go. */
  #askIfNeeded(now: number): void {
    if (this.#isDown) {
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
      if (this.#isDown) this.#goodSince = now();
      this.#isDown = false;
      this.#goodAt = now();
      if (asked === 'slots') this.#take(lease, offset);
      else if (lease.closedUntil !== this.#slots[0]?.lease.closedUntil) this.#slots.length = 0;
      this.#closedUntil = lease.closedUntil + offset;
    }
    wake();
  }

  #take(lease: LimitSlots, offset: number): void {
    this.#lease = lease;
    for (const cost of this.#unreported.splice(0))
      notify(() => this.#parts.store.settle(lease, cost, NO_QUOTAS), undefined);
    for (let n = 0; n < lease.count; n++) this.#slots.push({ at: lease.first + n * lease.every + offset, lease });
  }

  #fail(now: number): void {
    if (!this.#isDown && this.#goodAt - this.#goodSince >= GOOD_AGAIN) this.#pause = 0;
    this.#isDown = true;
    this.#next = now;
    this.#slots.length = 0;
    this.#pause = Math.min(LONGEST_PAUSE, Math.max(PAUSE, 2 * this.#pause));
    this.#askAgainAt = now + this.#pause;
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
