// Decides how many held calls may be sent to a server that failed. A held call had no tokens for its retry and waits (retry/src/hold.ts).
// The rule: each answer of the server makes room for held calls, and a failure ends that. "New" calls are first attempts.
//
// - While the server answers nothing, one held call probes it: after a second without a failure, or after fifty failures.
// - After an outage each answer makes room for two held calls, some failures are excused, and new retries queue behind the held calls.
// - After shorter trouble the server was only full. It answered some calls all the time, so held calls follow one at a time.

/** A run of five failures, or of five answers, is not chance. */
const MIN_RUN = 5;

/** An outage: for this long no new call was answered, and at least `MIN_RUN` requests failed. Otherwise the server was only full. */
const MIN_OUTAGE_MS = 350;

/** After this long without an answer, a failure or a held call, one held call probes the server. No other call would find out. */
const QUIET_MS = 1_000;

/** While new calls keep failing, one held call probes the server after this many failures. By time, all clients would probe at once. */
const FAILURES_PER_PROBE = 50;

/** After an outage each answer makes room for two held calls. With one they come too late; with more the server is full at once. */
const HELD_PER_ANSWER = 2;

/** Each answer excuses one more failure, so that at least two are left, and at most `MIN_RUN`: a call that always fails also fails in its retry. */
const MIN_EXCUSES = 2;

/** How long a call of `standard()` may take. For this long slow answers can leave it open whether the server is down. */
export const LONGEST_CALL_MS = 30_000;

/**
 * The calls that an outage held return within three times its length. With less, a server near its limit stays full for longer.
 * The time is at most `LONGEST_CALL_MS`, since a longer outage leaves no more calls.
 */
const RETURN_FACTOR = 3;

/** If requests fail again while the held calls return, the held calls may be the reason: one follows ten answers to new calls. */
const NEW_ANSWERS_PER_HELD = 10;

/** Or these failures are chance: this long after requests failed again, new retries stop queueing behind the held calls. */
const MAX_QUEUEING_MS = LONGEST_CALL_MS / 2;

/**
 * A held call asks for its turn each second. If none was refused for two seconds, none waits any more. Two seconds also count from the first
 * answer after an outage: of a hundred clients that recover together, few get enough answers to make their held calls wait for a turn.
 */
const WAITING_MS = 2 * QUIET_MS;

/**
 * A request in flight for longer than this, and for longer than the last failure took, may get a slow answer. Then held calls wait for
 * their turn, since the server may be back.
 */
const PENDING_MS = 50;
/** They also wait if the first answer took this long. With less, calls to a path that always fails would wait behind any answer. */
const SLOW_ANSWER_MS = 200;

/** For how many held calls one server has room. Pure: the caller passes the time. */
export class Recovery {
  /**
   * The failures since the last answer to a new call: when the first and the last one were sent, and how long the last one took. If
   * only held calls are answered, a failure prolongs the outage. It starts a new outage if it was sent `LONGEST_CALL_MS` after the
   * failure before it: no call of the earlier outage is left then.
   */
  #outageFrom = 0;
  #outageUntil = -Infinity;
  #lastFailureTook = 0;
  /** Failures since the last answer to a new call; and how many of these there were by the last one that was not excused. */
  #failuresInRow = 0;
  #failures = 0;
  #lastHeldSentAt = -Infinity;
  #failuresSinceHeldSent = 0;
  /** Until when the calls that an outage held return. A call that waits later does so because some requests always fail. */
  #returnUntil = -Infinity;
  /** Whether a held call was refused since the last answer. */
  #hasRefusedHeld = false;
  /** When an outage with held calls got its first answer, or when one of the held calls was last refused its turn. */
  #lastWaitAt = -Infinity;
  /** When `#lastWaitAt` was last set before requests failed again. */
  #lastWaitBeforeFailuresAt = -Infinity;

  // Since the last failure that was not excused. A new server is assumed to be well.

  /** When the first new call, or a probe, was sent after that failure; if none was, when the first request that got an answer was sent. */
  #firstSentAt: number | undefined;
  #firstAnswerAt = -Infinity;
  /** Answers, and how many of them were to new calls. */
  #answered = 1;
  #answeredNew = 1;
  #excusesLeft = 0;
  /** Held calls that were sent into the room of these answers. */
  #heldSent = 0;

  /** Records that a new call is sent. Reads the time only for the first one after a failure. */
  begin(now: () => number): void {
    if (this.#answered === 0) this.#firstSentAt ??= now();
  }

  /** Records a failure. It is ignored if its request was sent before the first answer: it does not show how the server is now. */
  fail(now: number, took: number): void {
    const sentAt = now - took;
    if (sentAt < this.#firstAnswerAt) return;
    this.#failuresSinceHeldSent++;
    this.#failuresInRow++;
    const isReturning = this.#answeredNew === 0 || sentAt < this.#returnUntil; // later, a failure may be the first of another outage
    if (this.#excusesLeft > 0 && isReturning && this.#wasDown()) {
      this.#excusesLeft--;
      return;
    }
    if (this.#answeredNew > 0 || this.#isOver(sentAt)) this.#outageFrom = sentAt;
    this.#outageUntil = sentAt;
    this.#lastFailureTook = took;
    this.#failures = this.#failuresInRow;
    this.#firstSentAt = undefined;
    this.#firstAnswerAt = -Infinity;
    this.#answered = this.#answeredNew = this.#excusesLeft = this.#heldSent = 0;
  }

  #wasDown(): boolean {
    return this.#outageLength() >= MIN_OUTAGE_MS && this.#failures >= MIN_RUN;
  }

  /** Whether a request that is sent now comes too late to belong to the last outage: none of its calls is left. */
  #isOver(sentAt: number): boolean {
    return sentAt - this.#outageUntil >= LONGEST_CALL_MS;
  }

  #outageLength(): number {
    return this.#outageUntil - this.#outageFrom;
  }

  /** Records an answer. It is ignored if its request was sent before the first failure. Reads the time only until the first answer after a failure. */
  succeed(now: () => number, attempt: number, took: number): void {
    if (this.#answered === 0) {
      const at = now();
      if (at - took < this.#outageFrom) return;
      this.#firstAnswerAt = at;
      this.#firstSentAt ??= at - took;
      if (this.#wasDown() && !this.#isOver(at - took)) {
        // An answer as slow as the outage was long does not count: none could have come earlier. Otherwise, if half of the requests
        // fail and answers are slow, each answer would make new retries queue again.
        if (this.#hasRefusedHeld && this.#outageLength() - took >= MIN_OUTAGE_MS) this.#noteWait(at);
        const returnTime = Math.min(RETURN_FACTOR * this.#outageLength(), LONGEST_CALL_MS);
        this.#returnUntil = Math.max(this.#returnUntil, at + returnTime);
      }
      this.#hasRefusedHeld = false;
    }
    this.#answered++;
    if (attempt === 1) {
      this.#answeredNew++;
      this.#failuresInRow = 0;
    }
    this.#excusesLeft = Math.min(MIN_RUN, Math.max(MIN_EXCUSES, this.#excusesLeft + 1));
  }

  /**
   * Whether a held call without room should wait for its turn: the server answers new calls, or only held ones because there were no new
   * ones, and none has failed since; or its answers seem to be slow.
   */
  isBack(now: number): boolean {
    return this.#isSlow(now) || this.#isAnswering() || (this.#answered > 0 && this.#answeredNew === 0);
  }

  /** Whether the server has answered `MIN_RUN` new calls since the last failure. */
  #isAnswering(): boolean {
    return this.#answeredNew >= MIN_RUN;
  }

  /** Whether the first answer was slow, or may still come. */
  #isSlow(now: number): boolean {
    if (this.#firstSentAt === undefined) return false;
    if (this.#answered > 0) return this.#firstAnswerAt - this.#firstSentAt >= SLOW_ANSWER_MS;
    const pendingFor = now - this.#firstSentAt;
    return pendingFor >= PENDING_MS && pendingFor > this.#lastFailureTook;
  }

  /** Whether a new retry must queue behind calls that an outage held, which still wait for their turn. */
  mustQueue(now: number): boolean {
    return (
      now < this.#returnUntil &&
      now - this.#lastWaitAt < WAITING_MS &&
      now - this.#lastWaitBeforeFailuresAt < MAX_QUEUEING_MS
    );
  }

  /** Whether an answer has made room for a held call. Changes nothing. */
  hasRoom(now: number): boolean {
    return this.#answered > 0 && this.#heldSent < this.#room(now);
  }

  /** Lets one held call through if there is room. Returns whether it did. */
  admit(now: number): boolean {
    if (this.#heldSent >= this.#room(now)) {
      if (this.#answered === 0) this.#hasRefusedHeld = true;
      else if (this.#isAnswering()) this.#noteWait(now);
      return false;
    }
    if (this.#answered > 0) this.#heldSent++;
    else this.#firstSentAt ??= now; // a probe: its answer may be slow, and the other held calls must not end before it
    this.#lastHeldSentAt = now;
    this.#failuresSinceHeldSent = 0;
    return true;
  }

  #noteWait(now: number): void {
    this.#lastWaitAt = now;
    if (this.#wasDown()) this.#lastWaitBeforeFailuresAt = now;
  }

  /**
   * How long nothing must happen before a held call probes the server. It is less after a burst of calls, since only the held calls are left to
   * find out, and they end soon. A burst is over if no new call was made for five times the mean time between two failures: a client that
   * calls once a second is not idle between two calls.
   */
  #quietTime(now: number): number {
    if (this.#firstSentAt !== undefined || this.#failures < MIN_RUN) return QUIET_MS;
    const idle = Math.max(MIN_OUTAGE_MS, (MIN_RUN * this.#outageLength()) / this.#failures);
    const knownAt = this.#outageUntil + this.#lastFailureTook; // `begin` notes new calls from then on
    return now - knownAt >= idle ? Math.min(QUIET_MS, idle) : QUIET_MS;
  }

  /** How many held calls may be sent in all before the next failure. */
  #room(now: number): number {
    if (this.#answered === 0) {
      // if calls hang, they fail late, and the probe gets as much time as they had
      const isQuiet =
        now - Math.max(this.#outageUntil, this.#lastHeldSentAt) >=
        Math.max(this.#quietTime(now), this.#lastFailureTook);
      return isQuiet || this.#failuresSinceHeldSent >= FAILURES_PER_PROBE ? 1 : 0;
    }
    if (this.#wasDown() || this.#answeredNew === 0) return HELD_PER_ANSWER * this.#answered; // or no client makes new calls
    if (now < this.#returnUntil) return Math.floor(this.#answeredNew / NEW_ANSWERS_PER_HELD);
    return now - this.#firstAnswerAt >= QUIET_MS ? 1 + this.#answered - this.#answeredNew : 0; // one at a time
  }
}
