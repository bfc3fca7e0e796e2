/** What happened from one opening of the gate to the next: the unit from which the limit is learned. */
export class Stretch {
  accepted = 0;
  refused = 0;
  sent = 0;
  start: number;
  /** The last answer; before the first one the beginning of the stretch. */
  last: number;
  /** Accepted, of those that were sent after the first refused one. */
  acceptedAfter = 0;
  #refusedSentAt = Infinity;
  /** How many were in flight, at least, when one was refused. */
  refusedInFlight: number = Infinity;

  constructor(now: number = 0) {
    this.start = this.last = now;
  }

  /** One was refused and those around it were not, or it came alone in a steady flow. */
  get lone(): boolean {
    if (this.refused > 1) return this.refused <= 0.2 * this.acceptedAfter;
    return this.acceptedAfter >= 4 || this.steady;
  }

  /** Several were refused at once, and hardly one between them was accepted. */
  get several(): boolean {
    return this.refused >= 2 && this.refused > this.acceptedAfter;
  }

  get steady(): boolean {
    return this.accepted >= 10 && this.length >= 500;
  }

  /** So many were accepted after the refusal that the server cannot have meant all. */
  get outvoted(): boolean {
    return this.acceptedAfter >= 8 && this.refused <= 0.2 * this.acceptedAfter;
  }

  /** How many were accepted with so many in flight. */
  readonly #acceptedInFlight: number[] = [];

  /** Between the first request and the last answer, ms. */
  get length(): number {
    return Math.max(1, this.last - this.start);
  }

  send(now: number): void {
    if (this.sent++ === 0) this.start = now;
  }

  accept(now: number, sentAt: number, inFlight: number, cost: number): void {
    this.accepted += cost;
    if (sentAt > this.#refusedSentAt) this.acceptedAfter++;
    this.last = Math.max(this.last, now);
    const slot = Math.min(inFlight, 1_000);
    this.#acceptedInFlight[slot] = (this.#acceptedInFlight[slot] ?? 0) + 1;
  }

  refuse(now: number, sentAt: number, inFlight: number): void {
    if (this.refused++ === 0) this.#refusedSentAt = sentAt;
    this.last = Math.max(this.last, now);
    this.refusedInFlight = Math.min(this.refusedInFlight, inFlight);
  }

  /** How many were accepted with `from` to `to` in flight. */
  acceptedWith(from: number, to: number = Infinity): number {
    let sum = 0;
    const end = Math.min(to, this.#acceptedInFlight.length - 1);
    for (let n = Math.max(0, from); n <= end; n++) sum += this.#acceptedInFlight[n] ?? 0;
    return sum;
  }
}
