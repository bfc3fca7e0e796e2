/** A limit cannot have been used up if the server accepted this many requests sent after each refused one. */
const ACCEPTED_PER_REFUSAL = 4;

/** The requests that were sent between one opening of the gate and the next. The model learns from each stretch as a whole. */
export class Stretch {
  accepted = 0;
  refused = 0;
  /** Refused requests that were not sent ahead of the pace. */
  refusedInPace = 0;
  sent = 0;
  /** How many of the sent requests have ended: answered, failed, or not sent after all. */
  ended = 0;
  start: number;
  /** When the last answer came; before the first answer, when the stretch began. */
  last: number;
  /** Accepted requests that were sent after the first refused one. */
  acceptedAfter = 0;
  #refusedSentAt = Infinity;
  /** The fewest requests in flight at which one was refused, that one included. */
  refusedInFlight: number = Infinity;
  /** How many requests were accepted, by the number in flight when they were sent. */
  readonly #acceptedInFlight: number[] = [];

  constructor(now: number = 0) {
    this.start = this.last = now;
  }

  /** Whether enough later requests were accepted to show that the limit was not used up. */
  get contradicted(): boolean {
    return this.acceptedAfter >= ACCEPTED_PER_REFUSAL * this.refused;
  }

  /** Whether later acceptances contradict the refusals, or a single request was refused in steady traffic. */
  get lone(): boolean {
    return this.contradicted || (this.refused === 1 && this.accepted >= 10 && this.length >= 500);
  }

  /** Whether several requests were refused together, with few acceptances in between. */
  get together(): boolean {
    return this.refused >= 2 && this.refused > this.acceptedAfter;
  }

  /** Whether enough later requests were accepted to show that the refusals did not concern all calls. */
  get outvoted(): boolean {
    return this.contradicted && this.acceptedAfter >= 2 * ACCEPTED_PER_REFUSAL;
  }

  /** Milliseconds from the first request to the last answer. */
  get length(): number {
    return Math.max(1, this.last - this.start);
  }

  send(now: number): void {
    if (this.sent++ === 0) this.start = now;
  }

  accept(now: number, sentAt: number, inFlight: number): void {
    this.accepted++;
    if (sentAt > this.#refusedSentAt) this.acceptedAfter++;
    this.last = Math.max(this.last, now);
    const slot = Math.min(inFlight, 1_000);
    this.#acceptedInFlight[slot] = (this.#acceptedInFlight[slot] ?? 0) + 1;
  }

  refuse(now: number, { at, inFlight, ahead }: { at: number; inFlight: number; ahead: boolean }): void {
    if (this.refused++ === 0) this.#refusedSentAt = at;
    if (!ahead) this.refusedInPace++;
    this.last = Math.max(this.last, now);
    this.refusedInFlight = Math.min(this.refusedInFlight, inFlight);
  }

  /**
   * The gate opens again. If nothing was accepted yet, the requests in flight count as accepted, because a refusal arrives faster than a
   * slow answer. They do not count if there are no more of them than refusals: in an outage, some requests hang.
   */
  close(): void {
    const inFlight = this.sent - this.ended;
    if (this.accepted === 0 && inFlight > this.refused) this.accepted = inFlight;
  }

  /** Drops the refusals so far. The answers to the requests in flight still count. */
  dismiss(): void {
    this.refused = this.refusedInPace = this.acceptedAfter = 0;
    this.#refusedSentAt = this.refusedInFlight = Infinity;
  }

  /** How many requests were accepted that were sent with `least` or more in flight. */
  acceptedWith(least: number): number {
    let sum = 0;
    for (let n = least; n < this.#acceptedInFlight.length; n++) sum += this.#acceptedInFlight[n] ?? 0;
    return sum;
  }
}
