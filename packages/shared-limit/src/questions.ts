import { endSleep, isThenable, type Watch, watchRequests } from '@steadfetch/core/kit';
import type { PacerParts } from '@steadfetch/rate-limit';
import { Availability } from './availability.ts';
import type { Place } from './place.ts';
import { type Report, Reports } from './reports.ts';
import type { Question, Reply } from './state.ts';
import { isUsable } from './usable.ts';

/** What uses the answers: the pacer. */
export interface Asker {
  /** Called for each answer that counts. */
  received(reply: Reply, now: number, asked: Asked): void;
  /** Called when calls go on without the place. `failedAfter`: how long it was used, ms, if it failed or was late for too long. */
  goAlone(failedAfter?: number): void;
}

/** A call waits for an answer this long, or as long as the last call waited for its slot, if that is longer, up to half a second, ms. Then it goes on without one. */
const SLOW_MS = 50;
/** A timer that fires this much late shows that this process was busy. Then the wait for the answer starts anew, ms. */
const BUSY_MS = 20;
/** A question without an answer for this long has failed, ms. */
const LONGEST_ANSWER_MS = 1_000;

/** A question that is on its way. */
export interface Asked {
  readonly at: number;
  readonly question: Question;
  readonly report: Report;
  /** Whether its calls went on without it. */
  isLate: boolean;
  /** Whether its answer no longer counts. */
  isOver: boolean;
}

/** Asks the place about one limit, with the reports of one process. Decides by when answers come whether calls wait for the place or go on without it. */
export class Questions {
  readonly reports: Reports = new Reports();
  /** What the first waiting call costs, and how long it may wait for a slot, ms. */
  firstCall: Pick<Question, 'cost' | 'within'> = { cost: 1, within: 0 };
  readonly #place: Place;
  readonly #parts: PacerParts;
  readonly #asker: Asker;
  readonly #availability: Availability;
  readonly #watch: Watch | undefined = watchRequests();
  /** The question whose answer calls wait for; and whether it is late, so that they go on without the place. */
  #awaited: Asked | undefined;
  #isLate = false;
  /** How long a call waits for an answer, ms. */
  #patience = SLOW_MS;
  /** When the timer for the reports is due. In Workers it may be gone together with the request that set it. */
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

  /** Whether calls go on without the place: it is not used, or an answer is late. */
  get isAlone(): boolean {
    return this.#isLate || !this.isUsed;
  }

  /** Whether a question is on its way for calls that wait. */
  get isAwaited(): boolean {
    return this.#awaited !== undefined;
  }

  /** Uses the place again if it is time. Returns whether it was. */
  comeBack(now: number): boolean {
    if (!this.#availability.isReady(now)) return false;
    this.#availability.comeBack(now);
    this.#isLate = false;
    return true;
  }

  /** Sends reports that are old enough. Asks a place that is not used now and then, to see whether it answers. */
  askIfDue(now: number): void {
    const { isUsed, askAgainAt } = this.#availability;
    if (isUsed ? this.reports.areDue(now) : now >= askAgainAt) this.ask(now, 0);
  }

  /** Sends the reports soon, even if no question comes: the group learns from a refusal 250 ms after it. */
  reportSoon(): void {
    const now = this.#parts.now();
    if (now < this.#reportsAt) return;
    const due = this.#availability.isUsed ? this.reports.dueIn(now) : undefined;
    if (due === 0) this.ask(now, 0);
    if (!due) return;
    const at = now + due;
    this.#reportsAt = at;
    const later = () => {
      if (this.#reportsAt !== at) return; // this timer is late, and another one was set
      this.#reportsAt = -Infinity;
      this.reportSoon();
    };
    this.#parts.clock.sleep(due).then(later, later);
  }

  /** Asks for `want` slots, and reports. `isAwaited`: whether calls wait for the answer. */
  ask(now: number, want: number, refusal?: Question['refusal'], isAwaited: boolean = want > 0): void {
    const report = this.reports.take(now);
    this.#availability.asked(now);
    const question = {
      want,
      ...this.firstCall,
      refusal: refusal && { ...refusal, at: refusal.at - this.reports.offset! }, // not undefined: the slot came with an answer
      known: this.#place.known,
      aloneFor: this.#availability.aloneFor(now),
      ...this.reports.translated(report),
    };
    const asked: Asked = { at: now, question, report, isLate: false, isOver: false };
    if (isAwaited) this.#awaited = asked;
    try {
      const reply = this.#place.ask(this.#parts.key, question);
      if (isThenable(reply)) this.#await(asked, reply, isAwaited);
      else this.#receive(asked, reply);
    } catch (error) {
      this.#notDelivered(asked, error);
    }
  }

  /** Waits for the answer. Waiting calls go on once it is late, and a question that is not answered at all has failed. */
  #await(asked: Asked, reply: PromiseLike<Reply>, isAwaited: boolean): void {
    const end = isAwaited ? this.#watch?.(() => this.#lostRequest(asked)) : undefined;
    const stop = new AbortController();
    const after = (ms: number) => this.#parts.clock.sleep(ms, stop.signal);
    const patience = this.#availability.isUsed ? this.#patience : SLOW_MS;
    after(patience)
      .then(() => (this.#parts.now() - asked.at > patience + BUSY_MS ? after(patience) : undefined))
      .then(() => this.#goOnWithout(asked))
      .then(() => after(LONGEST_ANSWER_MS - patience))
      .then(() => this.#fail(asked, tooSlow(LONGEST_ANSWER_MS)))
      .catch(() => {});
    Promise.resolve(reply)
      .finally(() => {
        end?.();
        endSleep(stop);
      })
      .then((answer) => this.#receive(asked, answer))
      .catch((error) => this.#notDelivered(asked, error));
  }

  #receive(asked: Asked, reply: Reply): void {
    const availability = this.#availability;
    const { want } = asked.question;
    if (!isUsable(reply, asked.question))
      throw new TypeError(`storeOf: expected an answer of decide(), got ${shown(reply)}`);
    const now = this.#parts.now();
    availability.received(now);
    this.reports.answered(reply, now);
    if (asked.isOver) {
      // an answer that an outage delayed shows that the outage is over
      if (now - asked.at > LONGEST_ANSWER_MS) availability.askAgainAt = now;
      return;
    }
    const offset = now - reply.now;
    const backAt = reply.backAt + offset;
    if (this.#awaited === asked) this.#answered(asked, now);
    if (!availability.isUsed) {
      if (!asked.isLate) availability.answered(now, backAt);
    } else if (backAt > now + 1) {
      // another process left the place, so this one does: two groups that count in two ways would take from each other
      availability.leaveToo(now, backAt);
      this.#asker.goAlone();
    } else {
      this.#place.onAnswer(this.#parts.key);
      if (want > 0)
        this.#patience = Math.min(LONGEST_ANSWER_MS / 2, Math.max(SLOW_MS, reply.first + offset - asked.at));
    }
    this.#asker.received(reply, now, asked);
    this.#parts.wake();
  }

  /** Notes how long the answer took that calls waited for. */
  #answered({ at }: Asked, now: number): void {
    this.#awaited = undefined;
    this.#isLate = false;
    const took = now - at;
    if (took <= SLOW_MS) this.#availability.inTime();
    else if (this.#availability.late(took)) this.#leave(tooSlow(SLOW_MS));
  }

  /** Lets the calls that wait for this answer go on without it. */
  #goOnWithout(asked: Asked): void {
    asked.isLate = true;
    if (!this.#availability.isUsed) {
      this.#ignore(asked);
      this.#availability.missed();
    } else if (this.#awaited === asked && !this.#isLate) {
      this.#isLate = true;
      this.#asker.goAlone();
    }
  }

  /**
   * In Workers, the answer is lost if the request ends that asked. The next call asks again; the report is not repeated, since it may have
   * arrived.
   */
  #lostRequest(asked: Asked): void {
    this.#ignore(asked);
    this.#parts.wake();
  }

  /** Ignores the answer to a question. */
  #ignore(asked: Asked): void {
    asked.isOver = true;
    if (this.#awaited === asked) this.#awaited = undefined;
  }

  /** The question failed: its report goes with the next one. */
  #notDelivered(asked: Asked, error: unknown): void {
    this.#availability.received(this.#parts.now());
    this.reports.restore(asked.report);
    this.#fail(asked, error);
  }

  #fail(asked: Asked, error: unknown): void {
    const { isUsed } = this.#availability;
    // it failed again, or for the first time for a process that left only because another one did
    if (!isUsed) this.#place.onFailure(this.#parts.key, error);
    if (asked.isOver) return;
    this.#ignore(asked);
    this.#availability.missed();
    if (isUsed) this.#leave(error);
  }

  /** Stops using the place until it has answered in time for long enough. */
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
