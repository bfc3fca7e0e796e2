/** How many requests may be in flight before the server has answered. */
const ROOM_AT_START = 4;
/**
 * How many more may be in flight after each accepted request, while no limit is known. So a burst of 300 calls waits for three round
 * trips, or for five if all answers of a round arrive at once, since an answer makes room only while half of the room is in use.
 */
const ROOM_PER_ACCEPTED = 7;

/** The requests in flight: how many there are, how long they take, and how many may be in flight before more is known. */
export class Flight {
  /** A moving average of the round trips in milliseconds; 0 before the first answer. */
  roundTrip = 0;
  count = 0;
  /** How many requests may be in flight. */
  room: number = ROOM_AT_START;
  #grownAt = 0;

  /** Milliseconds until one more may go. The room grows with time too, so that open event streams do not block other calls for long. */
  delay(now: number): number {
    return this.count < this.room ? 0 : Math.max(0, this.#grownAt + this.#pause - now);
  }

  advance(now: number): void {
    if (this.count < this.room || now < this.#grownAt + this.#pause) return;
    this.room *= 2;
    this.#grownAt = now;
  }

  sent(now: number): void {
    if (this.count++ === 0) this.#grownAt = now;
  }

  /** Counts an answer. If it was accepted while at least half of the room was in use, it makes room for more. */
  answered(sentAt: number, now: number, accepted: boolean, limited: boolean): void {
    const filled = this.count >= this.room / 2;
    this.count--;
    if (!accepted) return;
    const took = Math.max(1, now - sentAt);
    this.roundTrip = this.roundTrip === 0 ? took : 0.8 * this.roundTrip + 0.2 * took;
    if (!filled) return;
    this.room += limited ? 1 : ROOM_PER_ACCEPTED;
    this.#grownAt = now;
  }

  failed(): void {
    this.count--;
  }

  /** How long a full room stays as it is, in milliseconds. */
  get #pause(): number {
    return Math.max(250, 2 * this.roundTrip);
  }
}
