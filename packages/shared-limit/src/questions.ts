import { endSleep, isThenable, type Watch, watchRequests } from '@steadfetch/core/kit';
import type { PacerParts } from '@steadfetch/rate-limit';
import { Availability } from './availability.ts';
import type { Place } from './place.ts';
import { type Report, Reports } from './reports.ts';
import type { Question, Reply } from './state.ts';
import { isUsable } from './usable.ts';

/** Whose questions they are: it uses the answers. */
export interface Asker {
  /** An answer has come. */
  received(reply: Reply, now: number, asked: Asked): void;
  /** Calls go on without the place from now on. `failedAfter`: it failed or was late for too long, after it was used for so many ms. */
  goAlone(failedAfter?: number): void;
}

/** How long a call waits for an answer at least, ms; as long as the last call waited for its slot, if that is longer. Then it goes on without one. */
const SLOW = 50;
/** A timer that fires later than this shows that this process was busy. Then the wait for the answer begins anew, ms. */
const BUSY = 20;
/** A question without an answer for this long has failed, ms. */
const LONGEST = 1_000;

/** A question that is on its way. */
export interface Asked {
  readonly at: number;
  readonly question: Question;
  readonly report: Report;
  /** No call waits for it any more. */
  isLate: boolean;
  /** Its answer does not count any more. */
  isOver: boolean;
}

/** The questions of one process about one limit, with its reports, and whether the answers come in time. */
export class Questions {
  readonly reports: Reports = new Reports();
  /** What the first call that waits costs, and the longest wait for a slot, ms: a later one is of no use. */
  firstCall: Pick<Question, 'cost' | 'within'> = { cost: 1, within: 0 };
  readonly #place: Place;
  readonly #parts: PacerParts;
  readonly #asker: Asker;
  readonly #availability: Availability;
  readonly #watch: Watch | undefined = watchRequests();
  /** The question on its way that calls wait for; and whether the answer is late, so that they go on without the place. */
  #asking: Asked | undefined;
  #isLate = false;
  /** How long a call waits for an answer, ms. */
  #bound = SLOW;
  /** When a timer is due, after which what no question has reported is reported. In Workers it may be gone with its request. */
  #reportsAt = -Infinity;

  constructor(place: Place, parts: PacerParts, asker: Asker) {
    this.#place = place;
    this.#parts = parts;
    this.#asker = asker;
    this.#availability = new Availability(parts.now());
  }

  get isUsed(): boolean {
    return this.#availability.isUsed;
  }

  /** Whether calls go on without the place: it is not used, or its answer is late. */
  get isAlone(): boolean {
    return this.#isLate || !this.isUsed;
  }

  /** Whether calls wait for an answer. */
  get isAwaited(): boolean {
    return this.#asking !== undefined;
  }

  /** Uses the place again, if it is time. Returns whether it does from now on. */
  comeBack(now: number): boolean {
    if (!this.#availability.isBack(now)) return false;
    this.#availability.comeBack(now);
    this.#isLate = false;
    return true;
  }

  /** Reports what is old enough. A place that is not used is asked now and then whether it answers. */
  askIfDue(now: number): void {
    const { isUsed, askAgainAt } = this.#availability;
    if (isUsed ? this.reports.areDue(now) : now >= askAgainAt) this.ask(now, 0);
  }

  /** Reports what no question takes with it: the others learn from a refusal soon after it. */
  reportSoon(): void {
    const now = this.#parts.now();
    if (now < this.#reportsAt) return;
    const due = this.#availability.isUsed ? this.reports.dueIn(now) : undefined;
    if (due === 0) this.ask(now, 0);
    if (!due) return;
    const at = now + due;
    this.#reportsAt = at;
    const later = () => {
      if (this.#reportsAt !== at) return; // another timer was set since this one is late
      this.#reportsAt = -Infinity;
      this.reportSoon();
    };
    this.#parts.clock.sleep(due).then(later, later);
  }

  ask(now: number, want: number, refusal?: Question['refusal'], isAwaited: boolean = want > 0): void {
    const report = this.reports.take(now);
    this.#availability.asked(now);
    const question = {
      want,
      ...this.firstCall,
      refusal: refusal && { ...refusal, at: refusal.at - this.reports.offset! }, // its slot came with an answer
      known: this.#place.known,
      aloneFor: this.#availability.aloneFor(now),
      ...this.reports.translated(report),
    };
    const asked: Asked = { at: now, question, report, isLate: false, isOver: false };
    if (isAwaited) this.#asking = asked;
    try {
      const reply = this.#place.ask(this.#parts.key, question);
      if (isThenable(reply)) this.#await(asked, reply, isAwaited);
      else this.#receive(asked, reply);
    } catch (error) {
      this.#notHeard(asked, error);
    }
  }

  /** The calls that wait go on without an answer that is late, and a place that does not answer at all has failed. */
  #await(asked: Asked, reply: PromiseLike<Reply>, isAwaited: boolean): void {
    const end = isAwaited ? this.#watch?.(() => this.#lost(asked)) : undefined;
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
        endSleep(stop);
      })
      .then((heard) => this.#receive(asked, heard))
      .catch((error) => this.#notHeard(asked, error));
  }

  #receive(asked: Asked, reply: Reply): void {
    const availability = this.#availability;
    const { want } = asked.question;
    if (!isUsable(reply, asked.question))
      throw new TypeError(`storeOf: expected an answer as of decide(), got ${shown(reply)}`);
    const now = this.#parts.now();
    availability.heard(now);
    this.reports.heard(reply, now);
    if (asked.isOver) {
      // a late answer, kept back by an outage, shows that the outage is over
      if (now - asked.at > LONGEST) availability.askAgainAt = now;
      return;
    }
    const offset = now - reply.now;
    const backAt = reply.backAt + offset;
    if (this.#asking === asked) this.#answered(asked, now);
    if (!availability.isUsed) {
      if (!asked.isLate) availability.answered(now, backAt);
    } else if (backAt > now + 1) {
      // another process goes without the place, so this one does too: two ways to count do not go together
      availability.leaveToo(now, backAt);
      this.#asker.goAlone();
    } else {
      this.#place.onAnswer(this.#parts.key);
      if (want > 0) this.#bound = Math.min(LONGEST / 2, Math.max(SLOW, reply.first + offset - asked.at));
    }
    this.#asker.received(reply, now, asked);
    this.#parts.wake();
  }

  /** What calls wait for is answered. */
  #answered({ at }: Asked, now: number): void {
    this.#asking = undefined;
    this.#isLate = false;
    const took = now - at;
    if (took <= SLOW) this.#availability.inTime();
    else if (this.#availability.late(took)) this.#leave(tooSlow(SLOW));
  }

  /** The calls that wait for this answer go on without it. */
  #waitNoLonger(asked: Asked): void {
    asked.isLate = true;
    if (!this.#availability.isUsed) {
      this.#close(asked);
      this.#availability.missed();
    } else if (this.#asking === asked && !this.#isLate) {
      this.#isLate = true;
      this.#asker.goAlone();
    }
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
    this.reports.restore(asked.report);
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
    this.#availability.leave(now);
    this.#asker.goAlone(this.#availability.usedFor(now));
    this.#place.onFailure(this.#parts.key, error); // last: an observer may look at the limiter, or call through it
  }
}

function tooSlow(ms: number): Error {
  return new Error(`the store took longer than ${ms} ms`);
}

function shown(value: unknown): string | undefined {
  return JSON.stringify(value)?.slice(0, 100);
}
