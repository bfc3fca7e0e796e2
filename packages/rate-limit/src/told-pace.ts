import type { Permit, Quota } from './permit.ts';

/** Refills are added up over about this many milliseconds; over less than the shortest they are noise. */
const MEMORY = 500;
const SHORTEST = 100;
/** So long after a reset the next request may find out, whatever is still in flight. */
const OVERDUE = 1_000;
/** Within this, or this share of a round trip, the order of sending is not the order of arrival. */
const SWAP = { least: 2, share: 0.3 };

/**
 * The pace that a server's own numbers allow. What remains is spent down to a small reserve at once; from there on
 * requests go out as the quota is seen to refill, so that it does not reach zero.
 */
export class ToldPace {
  #quota: Quota;
  #at: number;
  #index: number;
  #rtt = 0;
  #most = 0;
  #refilled = 0;
  #elapsed = 0;
  #credit = 0;
  #creditAt: number;

  constructor(quota: Quota, permit: Permit, now: number) {
    this.#quota = quota;
    this.#at = permit.at;
    this.#index = permit.index;
    this.#creditAt = now;
    this.#most = quota.remaining;
  }

  /** Requests per millisecond that come back while the quota is in use: rather too few than too many. */
  get refill(): number {
    return Math.max(0, this.#refilled - 1) / Math.max(SHORTEST, this.#elapsed);
  }

  get remaining(): number {
    return this.#quota.remaining;
  }

  /** Takes in what a response says. One that was overtaken by a later request says little. */
  report(quota: Quota, permit: Permit, now: number): void {
    this.#rtt = this.#rtt === 0 ? now - permit.at : 0.8 * this.#rtt + 0.2 * (now - permit.at);
    this.#most = Math.max(this.#most, quota.remaining);
    if (permit.index <= this.#index) {
      this.#overtaken(quota, permit);
      return;
    }
    this.#measure(quota, quota.remaining - this.#quota.remaining + permit.index - this.#index, permit.at - this.#at);
    [this.#quota, this.#at, this.#index] = [quota, permit.at, permit.index];
  }

  /** Milliseconds until the next request may be sent; 0 for now. Each one in flight may have to be paid for yet. */
  wait(now: number, inFlight: number): number {
    const since = now - this.#at;
    const untilReset = (this.#quota.reset || 1_000) - since;
    if (untilReset < -OVERDUE) return 0;
    const remaining = untilReset <= 0 ? this.#whole : this.#quota.remaining;
    const spare = remaining - inFlight + this.refill * since - this.#reserve;
    if (spare >= 1) {
      [this.#credit, this.#creditAt] = [0, now];
      return 0;
    }
    const trickle = Math.max(0, spare + this.#reserve - 1) / Math.max(1, untilReset);
    this.#credit = Math.min(1, this.#credit + trickle * Math.max(0, now - this.#creditAt));
    this.#creditAt = now;
    if (this.#credit >= 1) return 0;
    const untilReserve = (1 - spare) / this.refill;
    return Math.max(1, Math.min((1 - this.#credit) / trickle, untilReserve, untilReset > 0 ? untilReset : SHORTEST));
  }

  take(): void {
    this.#credit = Math.max(0, this.#credit - 1);
  }

  /** Two of one burst may swap places on their way: the lower number is the later one. */
  #overtaken({ remaining }: Quota, { at }: Permit): void {
    const swapped = this.#at - at <= Math.max(SWAP.least, SWAP.share * this.#rtt);
    if (swapped && remaining < this.#quota.remaining) this.#quota = { ...this.#quota, remaining };
  }

  /** A quota that was full has refilled nothing that shows; one that is full now has refilled at least so much. */
  #measure({ remaining, limit = Infinity }: Quota, came: number, ms: number): void {
    const isReset = came > Math.max(5, limit / 2);
    if (isReset || this.#quota.remaining >= limit - 1) return;
    if (remaining >= limit - 1) {
      if (came / ms > this.refill) [this.#refilled, this.#elapsed] = [came, ms];
      return;
    }
    const kept = Math.max(0, 1 - ms / MEMORY);
    this.#refilled = this.#refilled * kept + came;
    this.#elapsed = this.#elapsed * kept + ms;
  }

  /** What is left after a reset. */
  get #whole(): number {
    return this.#quota.limit ?? this.#most;
  }

  get #reserve(): number {
    const limit = this.#whole;
    if (limit < 3) return 0;
    return Math.min(limit / 2, Math.max(2, Math.min(16, limit / 3)) + 0.5 * this.refill * this.#rtt);
  }
}
