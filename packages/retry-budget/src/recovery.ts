// How many held calls are sent to a server that answers again. The rule: it has room for what it answers, and failures end that.
//
// - While it answers nothing, one held call finds out: after a quiet second, or after fifty failures.
// - After an outage two held calls follow each answer, some failures are excused, and no retry overtakes the held calls until they are back.
// - After shorter trouble the server was only full. It answers some calls all the time, so held calls follow one at a time.

/** So many failures or answers in a row are more than chance. */
const SEVERAL = 5;

/** It was an outage if no new call was answered for so long (ms), and `SEVERAL` requests failed. */
const DOWN = 350;

/** Where nothing was answered and nothing sent for so long (ms), one held call finds out whether the server is well. */
const QUIET = 1_000;

/** Where new calls fail all the time, one finds out after so many failures. By time, many clients would ask at the same moment. */
const FAILURES_PER_PROBE = 50;

/** So many held calls follow an answer after an outage: with one they come too late, with more the service is full at once. */
const HELD_PER_ANSWER = 2;

/** So many failures are excused after an answer, up to `SEVERAL` after more answers: a call that fails for good fails again in its retry. */
const LEAST_EXCUSED = 2;

/** As long as a call of `standard()` may take (ms). For so long answers can leave it open whether the server is down. */
export const LONGEST_CALL = 30_000;

/**
 * The calls that an outage held come back for so many times its length: with less, a service near its limit stays full for longer.
 * For `LONGEST_CALL` at most: a longer outage leaves no more calls.
 */
const COMING_BACK = 3;

/** Where requests fail again meanwhile, the held calls may be the reason, and one follows so many new calls that are answered. */
const NEW_PER_HELD = 10;

/** Or requests fail by chance: so long (ms) after they failed again, no retry waits for held calls any more. */
const FAILING_AGAIN = LONGEST_CALL / 2;

/**
 * A held call asks for its turn each second. When none was refused one for so long (ms), none waits any more. It is as long after the first
 * answer: where a hundred clients come back at once, hardly one has enough answers to let its held calls wait for a turn.
 */
const STILL_WAITING = 2 * QUIET;

/**
 * Answers are slow where a new call, or the held one that finds out, is under way for so long (ms), and longer than the last failure took;
 * then held calls wait for their turn, since the server may be back.
 */
const NOT_FAILED = 50;
/** And where the first answer took so long (ms). With less, calls to a path that always fails would wait behind any answer. */
const SLOW = 200;

/** For how many held calls one server has room. Pure: the caller passes the time. */
export class Recovery {
  /**
   * The failures since a new call was answered: when the first and the last of them were sent, and how long the last one took. Where
   * only held calls are answered, a failure prolongs the outage. It begins another one if the failure before was sent so long ago
   * (`LONGEST_CALL`) that no call of that outage is left.
   */
  #outageFrom = 0;
  #outageUntil = -Infinity;
  #lastFailureTook = 0;
  /** How many of its failures were not excused. */
  #failures = 0;
  /** When the last held call was sent. */
  #heldSentAt = -Infinity;
  /** How many requests have failed since then. */
  #failuresSinceHeldSent = 0;
  /** Until when the calls that an outage held come back. Those that wait later do so since some requests always fail. */
  #crowdedUntil = -Infinity;
  /** Whether a held call was refused since the last answer. */
  #holds = false;
  /** When calls that an outage held got the first answer after it, or one of them was last refused its turn. */
  #waitedAt = -Infinity;
  /** When that was so for the last time before requests failed again. */
  #waitedFirstAt = -Infinity;

  // what happened since the last failure that was not excused; a server is taken to be well at first

  /** When the first new call was sent after the failure was known, or the held one that finds out; else the first request that was answered. */
  #firstSentAt: number | undefined;
  /** When the server answered first. */
  #firstAnswerAt = -Infinity;
  /** How often it answered, and how many of these calls were new. */
  #answered = 1;
  #answeredNew = 1;
  /** How many further failures are excused. */
  #excuses = 0;
  /** How many held calls were sent for these answers. */
  #heldSent = 0;

  /** A new call is sent. The time is read only for the first one after a failure. */
  begin(now: () => number): void {
    if (this.#answered === 0) this.#firstSentAt ??= now();
  }

  /** What was sent before the server answered again says nothing of it now. */
  fail(now: number, took: number): void {
    const sentAt = now - took;
    if (sentAt < this.#firstAnswerAt) return;
    this.#failuresSinceHeldSent++;
    const isComingBack = this.#answeredNew === 0 || sentAt < this.#crowdedUntil; // later, another outage may begin
    if (this.#excuses > 0 && isComingBack && this.#wasDown()) {
      this.#excuses--;
      return;
    }
    if (this.#answeredNew > 0 || this.#isOver(sentAt)) {
      this.#outageFrom = sentAt;
      this.#failures = 0;
    }
    this.#outageUntil = sentAt;
    this.#lastFailureTook = took;
    this.#failures++;
    this.#firstSentAt = undefined;
    this.#firstAnswerAt = -Infinity;
    this.#answered = this.#answeredNew = this.#excuses = this.#heldSent = 0;
  }

  #wasDown(): boolean {
    return this.#outage() >= DOWN && this.#failures >= SEVERAL;
  }

  /** Whether no call of the outage is left when this request is sent. */
  #isOver(sentAt: number): boolean {
    return sentAt - this.#outageUntil >= LONGEST_CALL;
  }

  #outage(): number {
    return this.#outageUntil - this.#outageFrom;
  }

  /** What was sent before the first failure says nothing of the server since. The time is read only until the first answer after a failure. */
  succeed(now: () => number, attempt: number, took: number): void {
    if (this.#answered === 0) {
      const at = now();
      if (at - took < this.#outageFrom) return;
      this.#firstAnswerAt = at;
      this.#firstSentAt ??= at - took;
      if (this.#wasDown() && !this.#isOver(at - took)) {
        // not where the first answer took nearly as long: no answer could be there before. Else, where half of the requests fail and
        // answers are slow, each answer would hold retries back anew
        if (this.#holds && this.#outage() - took >= DOWN) this.#waits(at);
        const comingBack = Math.min(COMING_BACK * this.#outage(), LONGEST_CALL);
        this.#crowdedUntil = Math.max(this.#crowdedUntil, at + comingBack);
      }
      this.#holds = false;
    }
    this.#answered++;
    if (attempt === 1) this.#answeredNew++;
    this.#excuses = Math.min(SEVERAL, Math.max(LEAST_EXCUSED, this.#excuses + 1));
  }

  /**
   * Whether the server may be well, and will soon show it: it answers new calls, or held ones where no new one was answered, and none has
   * failed since; or its answers seem to be slow.
   */
  isBack(now: number): boolean {
    return this.#isSlow(now) || this.#isAnswering() || (this.#answered > 0 && this.#answeredNew === 0);
  }

  /** Whether the server answers new calls, and none has failed since. */
  #isAnswering(): boolean {
    return this.#answeredNew >= SEVERAL;
  }

  #isSlow(now: number): boolean {
    if (this.#firstSentAt === undefined) return false;
    if (this.#answered > 0) return this.#firstAnswerAt - this.#firstSentAt >= SLOW;
    const took = now - this.#firstSentAt;
    return took >= NOT_FAILED && took > this.#lastFailureTook;
  }

  /** Whether calls that an outage held wait for their turn. */
  isCrowded(now: number): boolean {
    return (
      now < this.#crowdedUntil && now - this.#waitedAt < STILL_WAITING && now - this.#waitedFirstAt < FAILING_AGAIN
    );
  }

  /** Whether the server's answers have room for a held call now. Changes nothing. */
  hasRoom(now: number): boolean {
    return this.#answered > 0 && this.#heldSent < this.#room(now);
  }

  /** Takes the place of one held call. Returns false if there is none. */
  send(now: number): boolean {
    if (this.#heldSent >= this.#room(now)) {
      if (this.#answered === 0) this.#holds = true;
      else if (this.#isAnswering()) this.#waits(now);
      return false;
    }
    if (this.#answered > 0) this.#heldSent++;
    else this.#firstSentAt ??= now; // its answer may be slow, and the others would end before it
    this.#heldSentAt = now;
    this.#failuresSinceHeldSent = 0;
    return true;
  }

  /** A held call waits for the first answer, or for its turn. */
  #waits(now: number): void {
    this.#waitedAt = now;
    if (this.#wasDown()) this.#waitedFirstAt = now;
  }

  /**
   * How long it must be quiet. After a burst it is less: the held calls are the last that can find out, and end soon. A burst is over when no
   * new call was made for several times as long as between two failures: a client that calls once a second is not idle between two calls.
   */
  #quiet(now: number): number {
    if (this.#firstSentAt !== undefined || this.#failures < SEVERAL) return QUIET;
    const idle = Math.max(DOWN, (SEVERAL * this.#outage()) / this.#failures);
    const knownAt = this.#outageUntil + this.#lastFailureTook; // new calls count from then on: see `begin`
    return now - knownAt >= idle ? Math.min(QUIET, idle) : QUIET;
  }

  #room(now: number): number {
    if (this.#answered === 0) {
      // calls that hang fail late, and the call that tests the server gets as long
      const isQuiet =
        now - Math.max(this.#outageUntil, this.#heldSentAt) >= Math.max(this.#quiet(now), this.#lastFailureTook);
      return isQuiet || this.#failuresSinceHeldSent >= FAILURES_PER_PROBE ? 1 : 0;
    }
    if (this.#wasDown() || this.#answeredNew === 0) return HELD_PER_ANSWER * this.#answered; // or no client makes new calls
    if (now < this.#crowdedUntil) return Math.floor(this.#answeredNew / NEW_PER_HELD);
    return now - this.#firstAnswerAt >= QUIET ? 1 + this.#answered - this.#answeredNew : 0; // one at a time
  }
}
