// How many held calls are sent to a server that answers again. The rule: it has room for what it answers. So each answer lets some
// of them follow, and failures end that. A server near its limit answers some calls all the time, and has no room for held ones.

/** Where nothing was answered and nothing sent for so long (ms), one held call finds out whether the server is well. */
const QUIET = 1_000;

/** A server that has answered nothing for so long (ms) was down, and not only near its limit. */
const DOWN = 350;

/** So many held calls follow an answer at the most: with one they come too late, with more the service is full at once. */
const MOST = 2;

/** After a longer outage more calls are held, so fewer follow each new call: this (ms) divided by its length. */
const SHORT = 1_500;

/** Held calls follow held ones after so long (ms): at once they would be twice as many with each round trip. */
const SURE = 500;

/**
 * Before so many new calls are answered, neither `SHORT` nor `SURE` counts: a client that calls seldom would send none in time. From then on
 * held calls wait for their turn.
 */
const FEW = 5;

/**
 * Some requests fail by chance: after an outage, up to one failure in so many answers ends nothing. No more than a few are saved up:
 * else a second of good answers would excuse hundreds, and a service that is full again would be noticed too late.
 */
const CHANCE = 10;
const MOST_CHANCE = 5;

/**
 * An excused failure makes held calls pause for so long (ms). So many may follow at once when the pause is over: all that could have
 * been sent meanwhile would fill the service.
 */
const PAUSE = 250;
const MOST_AT_ONCE = 10;

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
  /** How many more failures are excused, up to how many answers that is counted, and when the last one was excused. */
  #allowed = 0;
  #allowedBy = 0;
  #pausedAt = -Infinity;
  /** When the first such failure since the last answer was sent. If more follow it within `QUIET`, an outage began with it. */
  #excusedFrom: number | undefined;
  /** Whether a new call was answered since a retry failed. */
  #answersNew = false;
  /** The held calls sent for these answers, and when the first and the last one were sent. */
  #sent = 0;
  #sentFrom = 0;
  #sentAt = -Infinity;

  /** A new call is sent. The time is read only for the first one after a failure. */
  begin(now: () => number): void {
    if (this.#answered === 0) this.#begunFrom ??= now();
  }

  /** What was sent before the server answered again says nothing of it now. */
  fail(now: number, attempt: number | undefined, took: number): void {
    const sentAt = now - took;
    if (sentAt < this.#answeredFrom) return;
    if ((attempt ?? 1) > 1 && this.#excuseRetry()) return;
    if (now - this.#pausedAt > QUIET) this.#excusedFrom = undefined;
    if (this.#excuse()) {
      this.#excusedFrom ??= sentAt;
      this.#pausedAt = now;
      return;
    }
    if (this.#answered > 0) this.#failedFrom = this.#excusedFrom ?? sentAt;
    this.#failedAt = sentAt;
    this.#took = took;
    this.#begunFrom = undefined;
    this.#answeredFrom = -Infinity;
    this.#answered = 0;
    this.#answeredNew = 0;
    this.#answersNew = false;
    this.#allowed = 0;
    this.#allowedBy = 0;
    this.#sent = 0;
  }

  /** Some calls fail for good, each time. So after an outage a retry that fails is excused for each new call that is answered. Returns whether it is. */
  #excuseRetry(): boolean {
    const isExcused = this.#answersNew && this.#isRecovering();
    this.#answersNew = false;
    return isExcused;
  }

  /** Excuses a failure as one by chance, if one more is allowed. Returns whether it does. */
  #excuse(): boolean {
    this.#allowed = Math.min(MOST_CHANCE, this.#allowed + (this.#answered - this.#allowedBy) / CHANCE);
    this.#allowedBy = this.#answered;
    return this.#isRecovering() && this.#allowed-- >= 0;
  }

  #isRecovering(): boolean {
    return this.#answered > 0 && this.#failedAt - this.#failedFrom >= DOWN;
  }

  /** What was sent before the first failure says nothing of the server since. The time is read only until the first answer after a failure. */
  succeed(now: () => number, attempt: number | undefined, took: number): void {
    if (this.#answered === 0) {
      const at = now();
      if (at - took < this.#failedFrom) return;
      this.#answeredFrom = at;
      this.#begunFrom = Math.min(this.#begunFrom ?? at, at - took); // whatever failed while it was on its way
    }
    this.#answered++;
    this.#excusedFrom = undefined;
    if (attempt !== 1) return;
    this.#answeredNew++;
    this.#answersNew = true;
  }

  /** Whether the server may be well, and will soon show it: it answers new calls, and none has failed since, or its answers are slow. */
  isBack(now: number): boolean {
    return this.#isSlow(now) || this.#answeredNew >= FEW;
  }

  #isSlow(now: number): boolean {
    if (this.#begunFrom === undefined) return false;
    const isAnswered = this.#answered > 0;
    const took = (isAnswered ? this.#answeredFrom : now) - this.#begunFrom;
    return took >= SLOW && (isAnswered || took > this.#took) && now - this.#begunFrom < SLOW_TO_KNOW;
  }

  /** Whether the server's answers have room for a held call now. Changes nothing. */
  hasRoom(now: number): boolean {
    return this.#answered > 0 && now - this.#pausedAt >= PAUSE && this.#sent < this.#room(now);
  }

  /** Takes the place of one held call. Returns false if there is none. */
  send(now: number): boolean {
    const room = this.#room(now);
    if (now - this.#pausedAt < PAUSE) {
      if (this.#answered > 0) this.#count(Math.max(this.#sent, room - MOST_AT_ONCE), now);
      return false;
    }
    if (this.#sent >= room) return false;
    if (this.#answered > 0) this.#count(this.#sent + 1, now);
    this.#sentAt = now;
    return true;
  }

  #count(sent: number, now: number): void {
    if (this.#sent === 0 && sent > 0) this.#sentFrom = now;
    this.#sent = sent;
  }

  #room(now: number): number {
    if (this.#answered === 0) {
      // calls that hang fail late, and the call that tests the server gets as long
      return now - Math.max(this.#failedAt, this.#sentAt) >= Math.max(QUIET, this.#took) ? 1 : 0;
    }
    const answeredHeld = this.#answered - this.#answeredNew;
    if (this.#answeredNew === 0) return MOST * answeredHeld; // no client makes new calls
    const outage = this.#failedAt - this.#failedFrom;
    if (outage < DOWN) return now - this.#answeredFrom >= QUIET ? 1 + answeredHeld : 0; // one at a time
    if (this.#answeredNew < FEW) return MOST * this.#answered;
    const afterNew = Math.min(MOST, SHORT / outage) * this.#answeredNew;
    return this.#sent > 0 && now - this.#sentFrom >= SURE ? afterNew + MOST * answeredHeld : afterNew;
  }
}
