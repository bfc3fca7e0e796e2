/** A quota is suspect after so many answers in a row that leave no less than the one before; twice as many after each refused try. */
const SUSPECT_AFTER_ANSWERS = 3;
/** A try that has no answer after this time is given up, in milliseconds. */
const LOST_AFTER_MS = 5_000;

/**
 * Finds out whether a quota is false. One of which requests take nothing may be a bucket, or shared, so calls are sent before their
 * time, one after the other: if more of them are accepted in a row than the quota leaves, it is false.
 */
export class Trial {
  /** What the last answer left that is compared, and when it came. */
  #compared = 0;
  #comparedAt = 0;
  /** Answers in a row that left no less than the one before, each to a request that was sent after it. */
  #unspent: number;
  #suspectAfter = SUSPECT_AFTER_ANSWERS;
  /** What had been sent before the try that is in flight, and when that was. */
  #tried: number | undefined;
  #triedAt = 0;
  /** Tries that were accepted in a row. */
  proofs = 0;

  constructor(isSuspect: boolean) {
    this.#unspent = isSuspect ? SUSPECT_AFTER_ANSWERS : 0;
  }

  /** An accepted request, which was sent at a time, left so much. */
  compare(remaining: number, sentAt: number, now: number): void {
    if (sentAt < this.#comparedAt) return;
    this.#unspent = remaining < this.#compared ? 0 : this.#unspent + 1;
    [this.#comparedAt, this.#compared] = [now, remaining];
  }

  /** How cautious to be: 0 at first, then 1, 3, 7 and so on after each refused try. */
  get caution(): number {
    return this.#suspectAfter / SUSPECT_AFTER_ANSWERS - 1;
  }

  /** Whether a call may go before its time. */
  mayTry(now: number): boolean {
    const isOut = this.#tried !== undefined && now - this.#triedAt <= LOST_AFTER_MS;
    return this.#unspent >= this.#suspectAfter && !isOut;
  }

  sent(before: number, now: number): void {
    [this.#tried, this.#triedAt] = [before, now];
  }

  /** Learns what became of a request; `before` is what had been sent before it. Returns whether it was a try. */
  settle(before: number, accepted: boolean): boolean {
    if (before !== this.#tried) return false;
    this.#tried = undefined;
    this.proofs = accepted ? this.proofs + 1 : 0;
    if (!accepted) [this.#unspent, this.#suspectAfter] = [0, 2 * this.#suspectAfter];
    return true;
  }
}
