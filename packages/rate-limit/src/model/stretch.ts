/** A limit was not used up if so many requests that were sent after each refused one were accepted. */
const ACCEPTED_PER_REFUSAL = 4;

/** What happened from one opening of the gate to the next: the unit from which the limit is learned. */
export class Stretch {
  accepted = 0;
  refused = 0;
  /** Refused, of those that the pace let go. */
  refusedInPace = 0;
  sent = 0;
  /** How many of those that were sent are over: answered, failed, or not sent after all. */
  over = 0;
  start: number;
  /** The last answer; before the first one the beginning of the stretch. */
  last: number;
  /** Accepted, of those that were sent after the first refused one. */
  acceptedAfter = 0;
  #refusedSentAt = Infinity;
  /** How many were in flight, at least, when one was refused. */
  refusedInFlight: number = Infinity;
  /** How many were accepted with so many in flight. */
  readonly #acceptedInFlight: number[] = [];

  constructor(now: number = 0) {
    this.start = this.last = now;
  }

  /** Of those that were sent after the first refused one so many were accepted that the limit was not used up. */
  get contradicted(): boolean {
    return this.acceptedAfter >= ACCEPTED_PER_REFUSAL * this.refused;
  }

  /** One was refused and those around it were not, or it came alone in a steady flow. */
  get lone(): boolean {
    return this.contradicted || (this.refused === 1 && this.accepted >= 10 && this.length >= 500);
  }

  /** Several were refused at once, and hardly one between them was accepted. */
  get several(): boolean {
    return this.refused >= 2 && this.refused > this.acceptedAfter;
  }

  /** So many were accepted after the refusal that the server cannot have meant all. */
  get outvoted(): boolean {
    return this.contradicted && this.acceptedAfter >= 2 * ACCEPTED_PER_REFUSAL;
  }

  /** Between the first request and the last answer, ms. */
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
   * The gate opens again. Where answers take longer than a refusal and its wait, none may be there yet. Then what is under way counts as
   * accepted, since refusals are faster. Not where as many are refused: of an outage some requests may hang.
   */
  close(): void {
    const underWay = this.sent - this.over;
    if (this.accepted === 0 && underWay > this.refused) this.accepted = underWay;
  }

  /** What was refused so far means nothing. Those that are on their way go on to count. */
  dismiss(): void {
    this.refused = this.refusedInPace = this.acceptedAfter = 0;
    this.#refusedSentAt = this.refusedInFlight = Infinity;
  }

  /** How many were accepted with `least` in flight or more. */
  acceptedWith(least: number): number {
    let sum = 0;
    for (let n = least; n < this.#acceptedInFlight.length; n++) sum += this.#acceptedInFlight[n] ?? 0;
    return sum;
  }
}
