/** How many requests may be in flight before anything is known about the server. */
const ROOM_AT_START = 4;
/**
 * How many more may be in flight with each that is accepted, while no limit is known. So a burst of 300 calls waits for three round
 * trips, and for five where the answers come at the same instant: of those that leave less than half of the room in use only the
 * first makes room.
 */
const ROOM_PER_ACCEPTED = 7;

/** The requests in flight: how many there are, how long they take, and, until answers come, how many may go at once. */
export class Flight {
  /** A smoothed round trip in ms; 0 before the first answer. */
  roundTrip = 0;
  count = 0;
  /** So many may be in flight. */
  room: number = ROOM_AT_START;
  #grownAt = 0;

  /** Milliseconds until one more may go. Requests that stay open, such as event streams, delay others only for a short time. */
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

  /** Each answer makes room for more. */
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

  get #pause(): number {
    return Math.max(250, 2 * this.roundTrip);
  }
}
