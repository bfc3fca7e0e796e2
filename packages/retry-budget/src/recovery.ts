/** Where the server has answered nothing and nothing was sent to it for this long, one held call finds out whether it is well. In milliseconds. */
const QUIET = 1_000;

/** A server that has answered nothing for this long was down, and not only near its limit. In milliseconds. */
const DOWN = 350;

/** For each call that a server answers again after it was down, so many held calls are sent at the most, */
const MOST = 2;

/** and fewer after a longer outage: this, in milliseconds, divided by its length. */
const SHORT = 1_500;

/**
 * Before so many new calls are answered, held ones that are answered let others follow as well, and the length of the outage does not
 * matter: a client that calls seldom sends few held calls, and would send none in time.
 */
const FEW = 5;

/**
 * Says how many held calls are sent to a server that answers again, until something fails. A server near its limit answers some
 * calls all the time, and has no room for held ones. Pure: the caller passes the time.
 */
export class Recovery {
  /** The first failure since the last answer, and the last one. */
  #failedFrom = 0;
  #failedAt = 0;
  /** The calls answered since the last failure, and those of them that were answered at once. */
  #answered = 0;
  #answeredAtOnce = 0;
  /** The held calls sent for these answers, and when the last one was sent. */
  #sent = 0;
  #sentAt = -Infinity;

  fail(now: number, isFirst: boolean): void {
    if (isFirst || this.#answered > 0) this.#failedFrom = now;
    this.#failedAt = now;
    this.#answered = 0;
    this.#answeredAtOnce = 0;
    this.#sent = 0;
  }

  succeed(attempt: number | undefined): void {
    this.#answered++;
    if (attempt === 1) this.#answeredAtOnce++;
  }

  /** Takes the place of one held call. Returns false if there is none. */
  send(now: number): boolean {
    if (this.#sent >= this.#room(now)) return false;
    if (this.#answered > 0) this.#sent++;
    this.#sentAt = now;
    return true;
  }

  #room(now: number): number {
    if (this.#answered === 0) return now - Math.max(this.#failedAt, this.#sentAt) >= QUIET ? 1 : 0;
    if (this.#answeredAtOnce === 0) return MOST * this.#answered; // there are no new calls
    const outage = this.#failedAt - this.#failedFrom;
    if (outage < DOWN) return 0;
    return this.#answeredAtOnce < FEW ? MOST * this.#answered : Math.min(MOST, SHORT / outage) * this.#answeredAtOnce;
  }
}
