import { type Watch, watchRequests } from '@steadfetch/core/kit';
import type { Line, PacerParts, Pacing, Sending } from '@steadfetch/rate-limit';
import { Availability } from './availability.ts';
import { type Report, Reports } from './reports.ts';
import { type Slot, Slots } from './slots.ts';
import type { Question, Reply } from './state.ts';
import { isUsable, LONGEST_WAIT } from './usable.ts';

type Answer = Parameters<Pacing['settle']>[2];
type Settled = ReturnType<Pacing['settle']>;
type Snapshot = ReturnType<Pacing['snapshot']>;

/** Asks the place where limits are kept. */
export type Ask = (key: string, question: Question) => Reply | Promise<Reply>;

/** The place where limits are kept, and what a pacer reports of it. */
export interface Place {
  readonly ask: Ask;
  /** The rate that is known in advance, of requests per ms; 0: none. */
  readonly known: number;
  /** Called when the place fails, and for each failure until it is used again. */
  readonly onFailure: (key: string, error: unknown) => void;
  /** Called for each answer while the place is used. */
  readonly onAnswer: (key: string) => void;
}

/** How long a call waits for an answer at least, ms; as long as the last call waited for its slot, if that is longer. Then it goes on without one. */
const SLOW = 50;
/** A timer that fires later than this shows that this process was busy. Then the wait for the answer begins anew, ms. */
const BUSY = 20;
/** A question without an answer for this long has failed, ms. */
const LONGEST = 1_000;
/** A process that used the place for longer than this knows its share of the limit, ms. */
const PROVEN = 3_000;
/** A process that is alone sends samples only in a closing longer than this, ms: to wait out a shorter one costs less. */
const LONG = 500;
/** The delay to return while no slot is at hand: the answer of the place ends it earlier, ms. */
const LATER = 1_000;
/** The delay to return where the place has no slot that is early enough: by then it may have one, ms. */
const LOOK_AGAIN = 250;

/** A request that is on its way: what let it out, and at which slot. */
interface Taken {
  readonly by: Pacing;
  readonly slot: Slot | undefined;
}

/** A question that is on its way. */
interface Asked {
  readonly at: number;
  readonly want: number;
  readonly within: number;
  readonly report: Report;
  /** No call waits for it any more. */
  isLate: boolean;
  isOver: boolean;
}

/**
 * Lets calls out at the slots that a place reserves. While the place fails, a pacer of this process alone decides: it begins
 * with the share of the limit that the process had, and what it lets out is reported when the place answers again.
 */
export class StoredPacer implements Pacing {
  readonly #place: Place;
  readonly #parts: PacerParts;
  readonly #reports: Reports = new Reports();
  readonly #slots: Slots = new Slots();
  readonly #availability: Availability;
  /** Learns from what was sent at slots: it decides which refusals are about the pace, and closes at once. */
  readonly #shared: Pacing;
  /** Decides while this process is alone. */
  #own: Pacing | undefined;
  /** The pacer that decided when the place was last left, with what it has learned. */
  #learned: Pacing | undefined;
  #isAlone = false;
  readonly #watch: Watch | undefined = watchRequests();
  readonly #taken = new WeakMap<Sending, Taken>();
  #cost = 1;
  /** The longest wait for a slot, ms: a later one is of no use to the calls that wait. */
  #within = 0;
  /** The place has no free slot before this time. */
  #freeAt = -Infinity;
  /** The question on its way that calls wait for. */
  #asking: Asked | undefined;
  /** When the place last answered. */
  #heardAt = 0;
  /** How long a call waits for an answer, ms. */
  #bound = SLOW;
  #closedUntil = -Infinity;
  /** A timer is set, after which what no question has reported is reported. */
  #isReporting = false;

  constructor(place: Place, parts: PacerParts) {
    this.#place = place;
    this.#parts = parts;
    this.#shared = parts.local();
    this.#availability = new Availability(parts.now());
  }

  advance(now: number): void {
    if (this.#availability.isBack(now)) this.#comeBack(now);
    this.#shared.advance(now);
    this.#own?.advance(now);
    this.#slots.advance(now);
  }

  /** Asks the place for slots where none is at hand and calls wait. */
  announce(now: number, line: Line): void {
    this.#reserve(now, line);
    this.#own?.announce(now, line);
    if (this.#isAlone) return;
    if (this.#slots.first && this.#slots.first.at > now) this.#slots.wait();
    this.#slots.isWaitedFor = this.delay(now) > 0;
  }

  delay(now: number, cost = 1): number {
    const closed = this.#opensIn(now);
    if (this.#isAlone) {
      const isLong = this.#own!.snapshot(now).opensIn > LONG;
      return Math.max(isLong ? this.#groupOpensIn(now) : closed, this.#own!.delay(now, cost));
    }
    const slot = this.#slots.first;
    const later = this.#hasNoSlot(now) ? LOOK_AGAIN : LATER;
    return Math.max(closed, slot && !this.#isStale(now) ? slot.at - now : later);
  }

  send(now: number, cost?: number): Sending {
    const by = this.#isAlone ? this.#own! : this.#shared;
    const sent = by.send(now, cost);
    this.#taken.set(sent, { by, slot: this.#slots.take(now) });
    return sent;
  }

  settle(sent: Sending, now: number, answer: Answer): Settled {
    const { by, slot } = this.#taken.get(sent)!;
    const settled = by.settle(sent, now, answer);
    const { kind, cost = sent.cost, quotas = [], wait } = answer;
    if (kind === 'failed') {
      if (slot && cost === 0) this.#slots.giveBack(slot);
      return settled;
    }
    if (kind === 'accepted') this.#reports.accepted(midOf(sent.at, now), cost, slot?.cost ?? 0);
    this.#reports.tell(now, quotas, kind === 'accepted');
    const { isUsed, askAgainAt } = this.#availability;
    // a refusal of a call without a slot concerns no other call
    if (kind === 'refused' && slot) {
      const isDoubted = !settled.closed;
      if (!isDoubted) this.#slots.drop();
      const { closedUntil, every } = slot.lease;
      this.#ask(now, 0, {
        at: midOf(sent.at, now),
        closedUntil,
        every: every / Math.max(1, slot.cost),
        wait,
        isDoubted,
      });
    } else if (isUsed ? this.#reports.areDue(now) : now >= askAgainAt) this.#ask(now, 0);
    this.#reportSoon();
    return settled;
  }

  snapshot(now: number): Snapshot {
    const known = this.#isAlone ? this.#own! : this.#shared;
    const opensIn = this.#opensIn(now);
    const seen = { ...known.snapshot(now), opensIn, state: opensIn > 0 ? ('closed' as const) : ('open' as const) };
    const { lease } = this.#slots;
    if (this.#isAlone || !lease) return seen;
    // where the limit is known no call goes ahead of its slot
    const remaining = this.#place.known > 0 && this.#hasNoSlot(now) ? 0 : seen.remaining;
    const rate = lease.every > 0 ? 1_000 / lease.every : undefined;
    return { ...seen, remaining, rate, why: 'a store reserves the slots' };
  }

  #opensIn(now: number): number {
    return Math.max(this.#groupOpensIn(now), this.#own?.snapshot(now).opensIn ?? 0);
  }

  #groupOpensIn(now: number): number {
    return Math.max(0, this.#shared.snapshot(now).opensIn, this.#closedUntil - now);
  }

  #reserve(now: number, { cost, latest }: Line): void {
    if (!this.#availability.isUsed) {
      if (now >= this.#availability.askAgainAt) this.#ask(now, 0);
    } else if (latest !== undefined && !this.#asking) {
      this.#cost = cost;
      this.#within = Math.min(LONGEST_WAIT, Math.max(0, latest - now));
      if (this.#slots.first) {
        if (this.#isStale(now)) this.#ask(now, 0, undefined, true);
      } else if (latest >= this.#freeAt) this.#ask(now, this.#slots.want);
    }
  }

  /** The place has no slot for the calls that wait, until a little after its next one. */
  #hasNoSlot(now: number): boolean {
    return !this.#asking && now < this.#freeAt + LOOK_AGAIN;
  }

  /** The first slot is due, and was reserved so long ago that the limit may have been closed since. */
  #isStale(now: number): boolean {
    const { at, lease } = this.#slots.first!;
    return at <= now && now - this.#heardAt > lease.goodFor;
  }

  /** Reports what no question takes with it: the others learn from a refusal soon after it. */
  #reportSoon(): void {
    if (this.#isReporting) return;
    const now = this.#parts.now();
    const due = this.#availability.isUsed ? this.#reports.dueIn(now) : undefined;
    if (due === 0) this.#ask(now, 0);
    if (!due) return;
    this.#isReporting = true;
    const later = () => {
      this.#isReporting = false;
      this.#reportSoon();
    };
    this.#parts.clock.sleep(due).then(later, later);
  }

  #ask(now: number, want: number, refusal?: Question['refusal'], isWaitedFor = want > 0): void {
    const report = this.#reports.take(now);
    const asked: Asked = { at: now, want, within: this.#within, report, isLate: false, isOver: false };
    if (isWaitedFor) this.#asking = asked;
    this.#availability.asked(now);
    const question = {
      want,
      cost: this.#cost,
      within: this.#within,
      refusal: refusal && { ...refusal, at: refusal.at - (this.#reports.offset ?? 0) },
      known: this.#place.known,
      aloneFor: this.#availability.aloneFor(now),
      ...this.#reports.translated(report),
    };
    try {
      const reply = this.#place.ask(this.#parts.key, question);
      if (isPromise(reply)) this.#await(asked, reply, isWaitedFor);
      else this.#receive(asked, reply);
    } catch (error) {
      this.#notHeard(asked, error);
    }
  }

  /** The calls that wait go on without an answer that is late, and a place that does not answer at all has failed. */
  #await(asked: Asked, reply: Promise<Reply>, isWaitedFor: boolean): void {
    const end = isWaitedFor ? this.#watch?.(() => this.#lost(asked)) : undefined;
    const stop = new AbortController();
    const after = (ms: number) => this.#parts.clock.sleep(ms, stop.signal);
    const bound = this.#availability.isUsed ? this.#bound : SLOW;
    after(bound)
      .then(() => (this.#parts.now() - asked.at > bound + BUSY ? after(bound) : undefined))
      .then(() => this.#waitNoLonger(asked))
      .then(() => after(LONGEST - bound))
      .then(() => this.#fail(asked, tooSlow(LONGEST)))
      .catch(() => {});
    Promise.resolve(reply)
      .finally(() => {
        end?.();
        stop.abort();
      })
      .then((heard) => this.#receive(asked, heard))
      .catch((error) => this.#notHeard(asked, error));
  }

  #receive(asked: Asked, reply: Reply): void {
    if (!isUsable(reply, asked)) throw new TypeError(`storeOf: expected an answer as of decide(), got ${shown(reply)}`);
    const now = this.#parts.now();
    this.#availability.heard(now);
    this.#reports.heard(reply, now);
    if (asked.isOver) {
      // a late answer, kept back by an outage, shows that the outage is over
      if (now - asked.at > LONGEST) this.#availability.askAgainAt = now;
      return;
    }
    const offset = now - reply.now;
    this.#heardAt = now;
    this.#closedUntil = reply.closedUntil > 0 ? reply.closedUntil + offset : -Infinity;
    if (this.#slots.first && reply.closedUntil !== this.#slots.first.lease.closedUntil) this.#slots.drop();
    if (this.#asking === asked) this.#answered(asked, now);
    if (!this.#availability.isUsed) {
      if (!asked.isLate) this.#availability.answered(now, reply.backAt + offset);
    } else if (reply.backAt + offset > now + 1) this.#leaveToo(now, reply.backAt + offset);
    else {
      this.#place.onAnswer(this.#parts.key);
      if (asked.want > 0) this.#add(asked, reply, offset);
    }
    this.#parts.wake();
  }

  #add(asked: Asked, reply: Reply, offset: number): void {
    this.#bound = Math.min(LONGEST / 2, Math.max(SLOW, reply.first + offset - asked.at));
    this.#freeAt = reply.count > 0 ? -Infinity : reply.first + offset;
    this.#slots.add(reply, offset, this.#cost, asked.at);
  }

  /** What calls wait for is answered. */
  #answered({ at }: Asked, now: number): void {
    this.#asking = undefined;
    const took = now - at;
    if (took <= SLOW) this.#availability.inTime();
    else if (this.#availability.late(took)) this.#leave(tooSlow(SLOW));
    this.#isAlone = !this.#availability.isUsed;
  }

  /** The calls that wait for this answer go on without it. */
  #waitNoLonger(asked: Asked): void {
    asked.isLate = true;
    if (!this.#availability.isUsed) {
      this.#close(asked);
      this.#availability.missed();
    } else if (this.#asking === asked && !this.#isAlone) this.#goAlone();
  }

  /**
   * In Workers the request that asked has ended, and its answer is lost: the next call asks again. The report is not repeated,
   * since it may have arrived.
   */
  #lost(asked: Asked): void {
    this.#close(asked);
    this.#parts.wake();
  }

  /** No answer to it is waited for any more. */
  #close(asked: Asked): void {
    asked.isOver = true;
    if (this.#asking === asked) this.#asking = undefined;
  }

  /** The question failed, so its report is made again with the next one. */
  #notHeard(asked: Asked, error: unknown): void {
    this.#availability.heard(this.#parts.now());
    this.#reports.restore(asked.report);
    this.#fail(asked, error);
  }

  #fail(asked: Asked, error: unknown): void {
    const { isUsed } = this.#availability;
    // a process that left because another one did has had no answer yet
    if (!isUsed) this.#place.onFailure(this.#parts.key, error);
    if (asked.isOver) return;
    this.#close(asked);
    this.#availability.missed();
    if (isUsed) this.#leave(error);
  }

  /** Does not use the place until it has answered for long enough. */
  #leave(error: unknown): void {
    const now = this.#parts.now();
    const isProven = this.#availability.usedFor(now) > PROVEN;
    this.#availability.leave(now);
    this.#place.onFailure(this.#parts.key, error);
    this.#learned = this.#pacerAlone(isProven);
    this.#goAlone(this.#learned);
  }

  /** Another process goes without the place, so this one does too: two ways to count do not go together. */
  #leaveToo(now: number, backAt: number): void {
    this.#availability.leaveToo(now, backAt);
    this.#goAlone();
  }

  /** Goes on with the share that this process had, if it is to be used and known; else with what was learned before. */
  #pacerAlone(usesShare = true): Pacing {
    const { pace } = this.#slots;
    if (usesShare && pace > 0) return this.#parts.local(pace);
    return this.#learned ?? this.#parts.local();
  }

  #goAlone(own: Pacing = this.#pacerAlone()): void {
    this.#own = own;
    this.#isAlone = true;
    this.#slots.drop();
    this.#parts.wake();
  }

  #comeBack(now: number): void {
    this.#availability.comeBack(now);
    this.#isAlone = false;
    this.#slots.forget();
  }
}

function tooSlow(ms: number): Error {
  return new Error(`the store took longer than ${ms} ms`);
}

function isPromise(reply: Reply | Promise<Reply>): reply is Promise<Reply> {
  return typeof (reply as Partial<Promise<Reply>> | undefined)?.then === 'function';
}

function shown(value: unknown): string | undefined {
  return JSON.stringify(value)?.slice(0, 100);
}

const midOf = (a: number, b: number): number => (a + b) / 2;
