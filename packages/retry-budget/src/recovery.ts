/** Where the server has answered nothing and nothing was sent to it for this long, one held call finds out whether it is well. In milliseconds. */
const QUIET = 1_000;

/** A server that has answered nothing for this long was down, and not only near its limit. In milliseconds. */
const DOWN = 350;

/** For each new call that is answered after it was down, so many held calls are sent at the most, and so many follow each that is answered, */
const MOST = 2;

/** but fewer for a new call after a longer outage: this, in milliseconds, divided by its length, */
const SHORT = 1_500;

/** and none follow before the first one was sent so long ago: a server that has just come back has little room. In milliseconds. */
const SURE = 500;

/** Before so many new calls are answered, neither matters: a client that calls seldom would send none in time. */
const FEW = 5;

/**
 * Says how many held calls are sent to a server that answers again, until something fails. What it answers, it has room for: so each
 * held call that is answered lets others follow. A server near its limit answers some calls all the time, and has no room for held
 * ones. Pure: the caller passes the time.
 */
export class Recovery {
  /** When the first request was sent that failed since the last answer, and the last one. */
  #failedFrom = 0;
  #failedAt = -Infinity;
  /** How long the server has to answer the one that finds out. */
  #patience = QUIET;
  /** When the first call since then was answered, how many were, and how many of them at once. */
  #answeredFrom = -Infinity;
  #answered = 0;
  #answeredAtOnce = 0;
  /** The held calls sent for these answers, and when the first and the last one were sent. */
  #sent = 0;
  #sentFrom = 0;
  #sentAt = -Infinity;

  /** What was sent before the server answered again says nothing of it now. */
  fail(now: number, took: number, isFirst: boolean): void {
    const sentAt = now - took;
    if (sentAt < this.#answeredFrom) return;
    if (isFirst || this.#answered > 0) this.#failedFrom = sentAt;
    this.#failedAt = sentAt;
    this.#patience = Math.max(QUIET, took);
    this.#answeredFrom = -Infinity;
    this.#answered = 0;
    this.#answeredAtOnce = 0;
    this.#sent = 0;
  }

  /** The time is read for the first answer after a failure alone. */
  succeed(now: () => number, attempt: number | undefined): void {
    if (this.#answered++ === 0 && this.#failedAt > -Infinity) this.#answeredFrom = now();
    if (attempt === 1) this.#answeredAtOnce++;
  }

  /** Whether the server has answered since the last failure. */
  get isBack(): boolean {
    return this.#answered > 0;
  }

  /** Takes the place of one held call. Returns false if there is none. */
  send(now: number): boolean {
    if (this.#sent >= this.#room(now)) return false;
    if (this.#answered > 0 && this.#sent++ === 0) this.#sentFrom = now;
    this.#sentAt = now;
    return true;
  }

  #room(now: number): number {
    if (this.#answered === 0) return now - Math.max(this.#failedAt, this.#sentAt) >= this.#patience ? 1 : 0;
    const held = this.#answered - this.#answeredAtOnce;
    if (this.#answeredAtOnce === 0) return MOST * held; // there are no new calls
    const outage = this.#failedAt - this.#failedFrom;
    if (outage < DOWN) return now - this.#answeredFrom >= QUIET ? 1 + held : 0; // one at a time
    if (this.#answeredAtOnce < FEW) return MOST * this.#answered;
    const share = Math.min(MOST, SHORT / outage) * this.#answeredAtOnce;
    return this.#sent > 0 && now - this.#sentFrom >= SURE ? share + MOST * held : share;
  }
}
