/** Most answers take no longer than so many times the usual time. */
const ANSWERED_WITHIN = 1.5;
/** An answer of which nothing is known gets half of the time, less after each call that ended without a permit; so many times at most. */
const MOST_HALVINGS = 4;

/** How long answers take, and by when a call must be sent to get one in its time. */
export class AnswerTime {
  /** How long the last ones took, smoothed, in milliseconds; `undefined` before the first one. A refusal that is faster does not count. */
  ms: number | undefined;
  /** Before a request was accepted only refusals tell how long an answer takes, and they may be faster. */
  #isAccepted = false;
  #endedWaiting = 0;

  count(took: number, isAccepted: boolean): void {
    if (this.ms === undefined || (isAccepted && !this.#isAccepted)) this.ms = took;
    else if (isAccepted || took > this.ms) this.ms += 0.2 * (took - this.ms);
    this.#isAccepted ||= isAccepted;
  }

  /** How long an accepted answer takes, in milliseconds; Infinity where that is unknown. */
  get #usual(): number {
    return (this.#isAccepted && this.ms) || Infinity;
  }

  /** A call ended before it had a permit. */
  endedWaiting(): void {
    this.#endedWaiting++;
  }

  /**
   * The latest time at which it is of use to send a call that ends at a time. The answer needs its usual time, half of the
   * time that is left at most. Where that is unknown it is half as well, and half as much after each call that ended
   * without a permit: or none would ever be sent, where half is too much.
   */
  latest(endsAt: number, now: number): number {
    const time = endsAt - now;
    const halvings = Math.min(MOST_HALVINGS, this.#endedWaiting + 1);
    const needed = this.#usual < Infinity ? ANSWERED_WITHIN * this.#usual : time / 2 ** halvings;
    return now + (time < Infinity ? time - Math.min(needed, time / 2) : time);
  }

  /** Whether a call that has waited has hardly time left for its answer. */
  isShort(since: number, endsAt: number, now: number): boolean {
    const time = endsAt - since;
    const ms = this.#usual;
    const least = ms < time ? ms : 0;
    return endsAt - now < Math.min(ANSWERED_WITHIN * ms, (least + time) / 2);
  }
}
