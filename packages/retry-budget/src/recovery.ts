// How many held calls are sent to a server that answers again. The rule: it has room for what it answers. So each answer lets some
// of them follow, and failures end that. A server near its limit answers some calls all the time, and has no room for held ones.

/** Where nothing was answered and nothing sent for so long (ms), one held call finds out whether the server is well. */
const QUIET = 1_000;

/** A server that has answered nothing for so long (ms) was down, and not only near its limit. */
const DOWN = 350;

/** So many held calls follow an answer at the most: with one they come too late, with more the service is full at once. */
const MOST = 2;

/**
 * When so many new calls are answered, the server answers again, and held calls wait for their turn. So many failures are excused together at
 * the most: with hundreds saved up, a service that is full again would be noticed too late.
 */
const FEW = 5;

/** As long as a call of `standard()` may take (ms). For so long answers can leave it open whether the server is down. */
export const LONGEST_CALL = 30_000;

/**
 * The calls that an outage held come back for so many times its length: with less, a service near its limit stays full for longer.
 * For `LONGEST_CALL` at most: time without a call, between two failures, seems an outage too.
 */
const COMING_BACK = 3;

/**
 * A new call that is under way for so long (ms), and longer than the last failure took, has not failed as that one did. Where it or the
 * first answer takes so long, it is known late what the server has room for: held calls wait for their turn, for `SLOW_TO_KNOW` ms at most.
 */
const SLOW = 200;
const SLOW_TO_KNOW = 10_000;

/** For how many held calls one server has room. Pure: the caller passes the time. */
export class Recovery {
  /** When the first and the last of the requests were sent that failed since the last answer. */
  #failedFrom = 0;
  #failedAt = -Infinity;
  /** How long the last failure took, and when the first new call was sent after it was known, or the first request that was answered. */
  #took = 0;
  #begunFrom: number | undefined;
  /** When the server answered first since that failure, how often it did, and how many of these calls were new. A server is taken to be well at first. */
  #answeredFrom = -Infinity;
  #answered = 1;
  #answeredNew = 0;
  /** Until when the calls that an outage held come back. Those that wait later do so since some requests always fail. */
  #crowdedUntil = -Infinity;
  /** How many failures are excused. */
  #excuses = 0;
  /** When the first and the last excused failure since the last answer were sent. If more follow within `QUIET`, an outage began with the first. */
  #excusedFrom = 0;
  #excusedAt = -Infinity;
  /** The held calls sent for these answers, and when the last one was sent. */
  #sent = 0;
  #sentAt = -Infinity;

  /** A new call is sent. The time is read only for the first one after a failure. */
  begin(now: () => number): void {
    if (this.#answered === 0) this.#begunFrom ??= now();
  }

  /** What was sent before the server answered again says nothing of it now. */
  fail(now: number, took: number): void {
    const sentAt = now - took;
    if (sentAt < this.#answeredFrom) return;
    if (sentAt - this.#excusedAt > QUIET) this.#excusedFrom = sentAt;
    if (this.#isRecovering() && this.#excuses > 0) {
      this.#excuses--;
      this.#excusedAt = sentAt;
      return;
    }
    if (this.#answered > 0) this.#failedFrom = this.#excusedFrom;
    this.#failedAt = sentAt;
    this.#took = took;
    this.#begunFrom = undefined;
    this.#answeredFrom = -Infinity;
    this.#answered = 0;
    this.#answeredNew = 0;
    this.#excuses = 0;
    this.#sent = 0;
  }

  #isRecovering(): boolean {
    return this.#answered > 0 && this.#outage() >= DOWN;
  }

  #outage(): number {
    return this.#failedAt - this.#failedFrom;
  }

  /** What was sent before the first failure says nothing of the server since. The time is read only until the first answer after a failure. */
  succeed(now: () => number, attempt: number | undefined, took: number): void {
    if (this.#answered === 0) {
      const at = now();
      if (at - took < this.#failedFrom) return;
      this.#answeredFrom = at;
      const comingBack = Math.min(COMING_BACK * this.#outage(), LONGEST_CALL);
      if (this.#outage() >= DOWN) this.#crowdedUntil = Math.max(this.#crowdedUntil, at + comingBack);
      this.#begunFrom = Math.min(this.#begunFrom ?? at, at - took); // whatever failed while it was on its way
    }
    this.#answered++;
    this.#excusedAt = -Infinity;
    if (attempt !== 1) return;
    this.#answeredNew++;
    this.#excuses = Math.min(FEW, this.#excuses + 1);
  }

  /** Whether the server may be well, and will soon show it: it answers new calls, and none has failed since, or its answers are slow. */
  isBack(now: number): boolean {
    return this.#isSlow(now) || this.isAnswering();
  }

  /** Whether the server answers new calls, and none has failed since. */
  isAnswering(): boolean {
    return this.#answeredNew >= FEW;
  }

  #isSlow(now: number): boolean {
    if (this.#begunFrom === undefined) return false;
    const isAnswered = this.#answered > 0;
    const took = (isAnswered ? this.#answeredFrom : now) - this.#begunFrom;
    return took >= SLOW && (isAnswered || took > this.#took) && now - this.#begunFrom < SLOW_TO_KNOW;
  }

  /** Whether the calls that an outage held may still come back. */
  isCrowded(now: number): boolean {
    return now < this.#crowdedUntil;
  }

  /** Whether the server's answers have room for a held call now. Changes nothing. */
  hasRoom(now: number): boolean {
    return this.#answered > 0 && this.#sent < this.#room(now);
  }

  /** Takes the place of one held call. Returns false if there is none. */
  send(now: number): boolean {
    if (this.#sent >= this.#room(now)) return false;
    if (this.#answered > 0) this.#sent++;
    this.#sentAt = now;
    return true;
  }

  #room(now: number): number {
    if (this.#answered === 0) {
      // calls that hang fail late, and the call that tests the server gets as long
      return now - Math.max(this.#failedAt, this.#sentAt) >= Math.max(QUIET, this.#took) ? 1 : 0;
    }
    if (this.#isRecovering() || this.#answeredNew === 0) return MOST * this.#answered; // or no client makes new calls
    return now - this.#answeredFrom >= QUIET ? 1 + this.#answered - this.#answeredNew : 0; // one at a time
  }
}
