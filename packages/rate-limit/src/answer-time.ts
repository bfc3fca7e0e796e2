/** Most answers take no longer than this many times the usual time. */
const MOST_ANSWERS = 1.5;
/** While the time of an answer is unknown, half of a call's time is kept for it: halved again after each failed wait, to a sixteenth. */
const MAX_HALVINGS = 4;

/** Learns how long answers take, and so when a call must be sent at the latest to be answered in its time. */
export class AnswerTime {
  /** The smoothed time of the last answers, in milliseconds; `undefined` before the first. Refusals that are faster do not count. */
  ms: number | undefined;
  /** Until a request was accepted `ms` is the time of refusals, which may be faster. */
  #isAccepted = false;
  #failedWaits = 0;

  count(took: number, isAccepted: boolean): void {
    if (this.ms === undefined || (isAccepted && !this.#isAccepted)) this.ms = took;
    else if (isAccepted || took > this.ms) this.ms += 0.2 * (took - this.ms);
    this.#isAccepted ||= isAccepted;
  }

  /** The time of an accepted answer, in milliseconds; `Infinity` while it is unknown. */
  get #usual(): number {
    return (this.#isAccepted && this.ms) || Infinity;
  }

  /** A call ended before it had a permit. */
  endedWaiting(): void {
    this.#failedWaits++;
  }

  /**
   * Returns when a call that ends at `endsAt` must be sent at the latest. It keeps 1.5 times the usual time of an answer, and half
   * of the time left at most. While the usual time is unknown it keeps half, and half as much after each call that ended without a permit.
   * Otherwise no call would ever be sent if the gate opens later than that.
   */
  latest(endsAt: number, now: number): number {
    const time = endsAt - now;
    const halvings = Math.min(MAX_HALVINGS, this.#failedWaits + 1);
    const needed = this.#usual < Infinity ? MOST_ANSWERS * this.#usual : time / 2 ** halvings;
    return endsAt - Math.min(needed, time / 2);
  }

  /** Whether a call has too little time left for its answer, and has used half of the time that it could wait from `since` on. */
  isShort(since: number, endsAt: number, now: number): boolean {
    const time = endsAt - since;
    const ms = this.#usual;
    const least = ms < time ? ms : 0;
    return endsAt - now < Math.min(MOST_ANSWERS * ms, (least + time) / 2);
  }
}
