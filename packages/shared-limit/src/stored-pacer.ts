import type { PacerParts, Pacing, Sending } from '@steadfetch/rate-limit';
import { LATEST, type Report, Reports } from './reports.ts';
import type { Question, Reply } from './state.ts';
import { isUsable, MOST } from './usable.ts';

type Answer = Parameters<Pacing['settle']>[2];
type Settled = ReturnType<Pacing['settle']>;
type Snapshot = ReturnType<Pacing['snapshot']>;

/** Asks the place where limits are kept. */
export type Ask = (key: string, question: Question) => Reply | Promise<Reply>;

/** The place where limits are kept, as a pacer sees it. */
export interface Place {
  readonly ask: Ask;
  /** The rate that is known in advance, of requests per ms; 0: none. */
  readonly known: number;
  readonly onFailure: (key: string, error: unknown) => void;
  readonly onReturn: (key: string) => void;
}

/** How long a call waits for the place, ms; longer where the last one waited longer for its slot. Then this process goes on alone until there is an answer. */
const SLOW = 50;
/** A timer that is later than this shows that this process was busy: then the answer has its time once more, ms. */
const BUSY = 20;
/** A place of which so many answers in a row came later is not used, and one that did not answer for so long, ms. */
const MOST_LATE = 2;
const LONGEST = 1_000;
/** While it does not answer, it is asked again after so long, ms. */
const PAUSE = 1_000;
/** One that was late must answer in time for so long before it is used again, ms: it is worse to use it now and then than not to use it. */
const PROOF = 10_000;
/** One that failed or was late again soon must be good for longer: for so long at most, ms. */
const LONGEST_PROOF = 60_000;
/** Soon is within so many times as long as it had to be good for. */
const SOON = 10;
/** What the share was is known of a place that was used for so long, ms. */
const PROVEN = 3_000;
/** Where no slot is at hand it is asked again after so long at most, ms: an answer comes before. */
const LATER = 1_000;
/** A slot that is older lapses, and later where a call waits for it and this process was busy, ms. */
const LAPSED = 50;
const LAPSED_BUSY = 500;
/** A handful is what all together use in so many ms: the same for each process, so that shares are equal. */
const HANDFUL = 25;

interface Slot {
  readonly at: number;
  readonly lease: Reply;
  readonly cost: number;
}

/** A request that is on its way: who let it out, and at which slot. */
interface Taken {
  readonly by: Pacing;
  readonly slot: Slot | undefined;
}

/** A question that is on its way. */
interface Asked {
  readonly at: number;
  readonly want: number;
  readonly report: Report;
  /** No call waits for it any more; and nobody does. */
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
  /** Hears of what was sent at slots: says which refusals are about the pace, and closes at once. */
  readonly #shared: Pacing;
  /** Decides while this process is alone; and what was learned when the place was not used. */
  #own: Pacing | undefined;
  #learned: Pacing | undefined;
  #isAlone = false;
  readonly #taken = new WeakMap<Sending, Taken>();
  readonly #slots: Slot[] = [];
  #want = 1;
  #cost = 1;
  #lease: Reply | undefined;
  /** A question that calls wait for is on its way. */
  #asking: Asked | undefined;
  /** When the slots in hand were asked for, and when the place last answered. */
  #askedAt = 0;
  #heardAt = 0;
  /** A call waits for an answer for so long, ms. */
  #bound = SLOW;
  #closedUntil = -Infinity;
  /** A call waits for a slot; and one did since slots were asked for. */
  #isWaiting = false;
  #hasWaited = false;
  /** The share that this process has while its calls wait, per ms. */
  #pace = 0;
  /** A report waits for the next question, for a while. */
  #isReporting = false;
  /** So many answers in a row came late. */
  #late = 0;
  /** The place is not used. When it is asked again, since when it answers, and from when on it is used again. */
  #hasLeft = false;
  #askAgainAt = 0;
  #goodSince: number | undefined;
  #backAt = 0;
  /** For how long it must answer before it is used again; and since when it is used. */
  #proof = 0;
  #usedSince: number;

  constructor(place: Place, parts: PacerParts) {
    this.#place = place;
    this.#parts = parts;
    this.#shared = parts.local();
    this.#usedSince = parts.now();
  }

  advance(now: number): void {
    this.#shared.advance(now);
    this.#own?.advance(now);
    const lapsed = now - (this.#isWaiting ? LAPSED_BUSY : LAPSED);
    while (this.#slots.length > 0 && this.#slots[0]!.at < lapsed) {
      this.#slots.shift();
      this.#want = 1;
    }
  }

  /** Also asks the place for slots where none is at hand: that a call asks for its delay is the only sign that it wants to go. */
  delay(now: number, cost = 1): number {
    this.#reserve(now, cost);
    const closed = this.#opensIn(now);
    if (this.#isAlone) return Math.max(closed, this.#own!.delay(now, cost));
    const slot = this.#slots[0];
    if (slot && slot.at > now) this.#hasWaited = true;
    const delay = Math.max(closed, slot && !this.#isStale(now) ? slot.at - now : LATER);
    this.#isWaiting = delay > 0;
    return delay;
  }

  send(now: number, cost?: number): Sending {
    const by = this.#isAlone ? this.#own! : this.#shared;
    const sent = by.send(now, cost);
    const slot = this.#slots.shift();
    this.#taken.set(sent, { by, slot });
    if (slot && this.#slots.length === 0) this.#usedUp(slot.lease, now);
    return sent;
  }

  settle(sent: Sending, now: number, answer: Answer): Settled {
    const { by, slot } = this.#taken.get(sent)!;
    const settled = by.settle(sent, now, answer);
    const { kind, cost = sent.cost, quotas = [], wait } = answer;
    if (kind === 'failed') {
      if (slot && cost === 0) this.#slots.unshift(slot);
      return settled;
    }
    if (kind === 'accepted') this.#reports.accepted(midOf(sent.at, now), cost, slot?.cost ?? 0);
    this.#reports.tell(now, quotas);
    // a refusal of a call without a slot is nobody else's affair
    if (kind === 'refused' && slot) {
      const isDoubted = !settled.closed;
      if (!isDoubted) this.#slots.length = 0;
      const { closedUntil, every } = slot.lease;
      this.#ask(now, 0, {
        at: midOf(sent.at, now),
        closedUntil,
        every: every / Math.max(1, slot.cost),
        wait,
        isDoubted,
      });
    } else if (this.#hasLeft ? now >= this.#askAgainAt : this.#reports.areDue(now)) this.#ask(now, 0);
    this.#reportSoon();
    return settled;
  }

  snapshot(now: number): Snapshot {
    const known = this.#isAlone ? this.#own! : this.#shared;
    const opensIn = this.#opensIn(now);
    const seen = { ...known.snapshot(now), opensIn, state: opensIn > 0 ? ('closed' as const) : ('open' as const) };
    if (this.#isAlone || !this.#lease) return seen;
    const { every } = this.#lease;
    return { ...seen, rate: every > 0 ? 1_000 / every : undefined, why: 'a store reserves the slots' };
  }

  #opensIn(now: number): number {
    const own = this.#own?.snapshot(now).opensIn ?? 0;
    return Math.max(0, own, this.#shared.snapshot(now).opensIn, this.#closedUntil - now);
  }

  /** A call wants to go. */
  #reserve(now: number, cost: number): void {
    this.#cost = cost;
    if (this.#hasLeft && this.#goodSince !== undefined && now >= this.#backAt) this.#comeBack(now);
    if (this.#hasLeft) {
      if (now >= this.#askAgainAt) this.#ask(now, 0);
    } else if (!this.#asking) {
      if (this.#slots.length === 0) this.#ask(now, this.#want);
      else if (this.#isStale(now)) this.#ask(now, 0, undefined, true);
    }
  }

  /** The first slot is due, and was reserved so long ago that the limit may have been closed since. */
  #isStale(now: number): boolean {
    const { at, lease } = this.#slots[0]!;
    return at <= now && now - this.#heardAt > lease.goodFor;
  }

  /** A handful was used up: the next one is at most twice as large. */
  #usedUp({ count, every }: Reply, now: number): void {
    const pace = count / Math.max(1, now - this.#askedAt);
    if (!this.#hasWaited) this.#pace = 0;
    else this.#pace = this.#pace > 0 ? 0.8 * this.#pace + 0.2 * pace : pace;
    this.#hasWaited = false;
    this.#want = Math.min(MOST, 2 * this.#want, every > 0 ? Math.ceil(HANDFUL / every) : MOST);
  }

  /** Reports what no question takes with it: the others learn from a refusal soon after it. */
  #reportSoon(): void {
    if (this.#isReporting) return;
    const now = this.#parts.now();
    const due = this.#hasLeft ? undefined : this.#reports.dueIn(now);
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
    const { key, clock } = this.#parts;
    const report = this.#reports.take(now);
    const asked: Asked = { at: now, want, report, isLate: false, isOver: false };
    if (isWaitedFor) this.#asking = asked;
    if (want > 0) this.#askedAt = now;
    this.#askAgainAt = now + (this.#goodSince === undefined ? PAUSE : LATEST);
    const [{ known }, cost, aloneFor] = [this.#place, this.#cost, this.#aloneFor(now)];
    const translated = refusal && { ...refusal, at: refusal.at - (this.#reports.offset ?? 0) };
    const question = { want, cost, refusal: translated, known, aloneFor, ...this.#reports.translated(report) };
    try {
      const reply = this.#place.ask(key, question);
      if (!isPromise(reply)) {
        this.#receive(asked, reply);
        return;
      }
      const stop = new AbortController();
      const after = (ms: number) => clock.sleep(ms, stop.signal);
      const bound = this.#hasLeft ? SLOW : this.#bound;
      after(bound)
        .then(() => (this.#parts.now() - now > bound + BUSY ? after(bound) : undefined))
        .then(() => this.#waitNoLonger(asked))
        .then(() => after(LONGEST - bound))
        .then(() => this.#fail(asked, tooSlow(LONGEST)))
        .catch(() => {});
      Promise.resolve(reply)
        .finally(() => stop.abort())
        .then((heard) => this.#receive(asked, heard))
        .catch((error) => this.#notHeard(asked, error));
    } catch (error) {
      this.#notHeard(asked, error);
    }
  }

  #receive(asked: Asked, reply: Reply): void {
    if (!isUsable(reply, asked.want))
      throw new TypeError(`storeOf: expected an answer as of decide(), got ${shown(reply)}`);
    const now = this.#parts.now();
    this.#reports.heard(reply, now);
    if (asked.isOver) {
      // it was kept through an outage that is over now
      if (now - asked.at > PAUSE) this.#askAgainAt = now;
      return;
    }
    const offset = now - reply.now;
    this.#heardAt = now;
    this.#closedUntil = reply.closedUntil > 0 ? reply.closedUntil + offset : -Infinity;
    if (this.#slots[0] && reply.closedUntil !== this.#slots[0].lease.closedUntil) this.#slots.length = 0;
    if (this.#asking === asked) this.#answered(asked);
    if (this.#hasLeft) {
      if (!asked.isLate) this.#goodSince ??= now;
      this.#backAt = Math.max((this.#goodSince ?? now) + this.#proof, reply.backAt + offset);
    } else if (reply.backAt + offset > now + 1) this.#leaveToo(now, reply.backAt + offset);
    else if (asked.want > 0) {
      this.#lease = reply;
      this.#bound = Math.min(LONGEST / 2, Math.max(SLOW, reply.first + offset - asked.at));
      for (let n = 0; n < reply.count; n++) {
        this.#slots.push({ at: reply.first + n * reply.every + offset, lease: reply, cost: this.#cost });
      }
    }
    this.#parts.wake();
  }

  /** What calls wait for is answered. */
  #answered({ isLate }: Asked): void {
    this.#asking = undefined;
    this.#late = isLate ? this.#late + 1 : 0;
    if (this.#late < MOST_LATE) this.#isAlone = this.#hasLeft;
    else this.#leave(tooSlow(Math.ceil(this.#bound)), PROOF);
  }

  /** The calls that wait for an answer go on without. */
  #waitNoLonger(asked: Asked): void {
    asked.isLate = true;
    if (this.#hasLeft) asked.isOver = true;
    if (this.#hasLeft) this.#goodSince = undefined;
    if (this.#asking === asked && !this.#isAlone)
      this.#goAlone(this.#atShare() ?? this.#learned ?? this.#parts.local());
  }

  /** The place did not hear the question: what was reported is reported again. */
  #notHeard(asked: Asked, error: unknown): void {
    this.#reports.restore(asked.report);
    this.#fail(asked, error);
  }

  #fail(asked: Asked, error: unknown): void {
    // one that left because another is alone was told nothing yet
    if (this.#hasLeft) this.#place.onFailure(this.#parts.key, error);
    if (asked.isOver) return;
    asked.isOver = true;
    if (this.#asking === asked) this.#asking = undefined;
    this.#goodSince = undefined;
    if (!this.#hasLeft) this.#leave(error);
  }

  /** Does not use the place until it has answered for long enough. */
  #leave(error: unknown, proof: number = 0): void {
    const now = this.#parts.now();
    const used = now - this.#usedSince;
    const isSoon = used <= SOON * Math.max(PAUSE, this.#proof);
    this.#proof = Math.max(proof, isSoon ? Math.min(LONGEST_PROOF, Math.max(PAUSE, 4 * this.#proof)) : 0);
    this.#hasLeft = true;
    this.#askAgainAt = now + PAUSE;
    this.#place.onFailure(this.#parts.key, error);
    this.#learned = (used > PROVEN ? this.#atShare() : undefined) ?? this.#learned ?? this.#parts.local();
    this.#goAlone(this.#learned);
  }

  /** Another one is alone: two ways to count do not go together. */
  #leaveToo(now: number, backAt: number): void {
    this.#hasLeft = true;
    this.#goodSince = now;
    this.#backAt = backAt;
    this.#goAlone(this.#atShare() ?? this.#learned ?? this.#parts.local());
  }

  /** After how many ms it may come back; `undefined`: it is not alone. */
  #aloneFor(now: number): number | undefined {
    if (!this.#hasLeft) return undefined;
    return this.#goodSince === undefined ? this.#proof : Math.max(0, this.#goodSince + this.#proof - now);
  }

  /** A pacer that goes on with the share that this process had. */
  #atShare(): Pacing | undefined {
    return this.#pace > 0 ? this.#parts.local(this.#pace) : undefined;
  }

  #goAlone(own: Pacing): void {
    this.#own = own;
    this.#isAlone = true;
    this.#slots.length = 0;
    this.#parts.wake();
  }

  #comeBack(now: number): void {
    this.#hasLeft = false;
    this.#isAlone = false;
    this.#goodSince = undefined;
    this.#usedSince = now;
    this.#late = 0;
    this.#pace = 0;
    this.#want = 1;
    this.#place.onReturn(this.#parts.key);
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
