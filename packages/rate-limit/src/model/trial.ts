/** A quota is suspect after this many answers in a row that leave no less than the answer before. Each refused trial doubles the number. */
const SUSPECT_AFTER_ANSWERS = 3;
/** A trial without an answer is given up after this time, in milliseconds. */
const LOST_AFTER_MS = 5_000;

/**
 * Finds out whether a reported quota is false. If requests take nothing from a quota, it may be false, a bucket, or shared with
 * others. So single calls are sent before the quota allows them, one at a time. If more of these trials are accepted in a row than
 * the quota had left, it is false.
 */
export class Trial {
  /** What the last compared answer left, and when it came. */
  #compared = 0;
  #comparedAt = 0;
  /** How many answers in a row left no less than the one before. Each belongs to a request that was sent after that. */
  #unspent: number;
  #suspectAfter = SUSPECT_AFTER_ANSWERS;
  /** The trial in flight: what had been sent before it, and when it was sent. */
  #inFlight: number | undefined;
  #sentAt = 0;
  /** How many trials in a row were accepted. */
  proofs = 0;

  constructor(isSuspect: boolean) {
    this.#unspent = isSuspect ? SUSPECT_AFTER_ANSWERS : 0;
  }

  /** Learns what an accepted request left, by when it was sent. */
  compare(remaining: number, sentAt: number, now: number): void {
    if (sentAt < this.#comparedAt) return;
    this.#unspent = remaining < this.#compared ? 0 : this.#unspent + 1;
    [this.#comparedAt, this.#compared] = [now, remaining];
  }

  /** By how many steps to delay a trial: 0 at first, then 1, 3, 7 and so on after each refused trial. */
  get caution(): number {
    return this.#suspectAfter / SUSPECT_AFTER_ANSWERS - 1;
  }

  /** Whether a call may be sent as a trial. */
  mayTry(now: number): boolean {
    const isInFlight = this.#inFlight !== undefined && now - this.#sentAt <= LOST_AFTER_MS;
    return this.#unspent >= this.#suspectAfter && !isInFlight;
  }

  sent(before: number, now: number): void {
    [this.#inFlight, this.#sentAt] = [before, now];
  }

  /** Learns whether a request was accepted; `before` is what had been sent before it. Returns whether it was the trial. */
  settle(before: number, accepted: boolean): boolean {
    if (before !== this.#inFlight) return false;
    this.#inFlight = undefined;
    this.proofs = accepted ? this.proofs + 1 : 0;
    if (!accepted) [this.#unspent, this.#suspectAfter] = [0, 2 * this.#suspectAfter];
    return true;
  }
}
