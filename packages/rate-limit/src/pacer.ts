import { type Belief, SPENT, type Stance } from './belief.ts';

const MARGIN = 0.003;
/** Of a first burst that takes longer, in milliseconds, part was refilled meanwhile: so much less of it is spent. */
const LONG = { from: 50, per: 500 };
/** A model of the server's bucket: releases requests as the server is believed to allow them, and tries for more. */
export class Pacer {
  readonly belief: Belief;
  #rate: number;
  #level = 0;
  #refilledAt: number;
  #growAt: number;
  #lastTaken: number;
  #hungry = false;
  #probing = false;

  constructor(belief: Belief, now: number) {
    this.belief = belief;
    this.#rate = belief.measured ? belief.rate * (1 - MARGIN) : belief.rate;
    if (belief.windowed) this.#level = belief.burst;
    this.#refilledAt = belief.emptiedAt;
    this.#growAt = now + belief.patience;
    this.#lastTaken = now;
  }

  get stance(): Stance {
    return { rate: this.#rate, probing: this.#probing };
  }

  /** Milliseconds until the next request may be sent; 0 for now. */
  wait(now: number): number {
    this.#level = Math.min(this.#most(), this.#level + this.#rate * Math.max(0, now - this.#refilledAt));
    this.#refilledAt = now;
    if (this.#level >= 1) return 0;
    this.#hungry = true;
    return (1 - this.#level) / this.#rate;
  }

  take(now: number, rtt: number): void {
    this.#level -= 1;
    if (this.#hungry) this.#grow(now, rtt);
    this.#hungry = false;
    this.#lastTaken = now;
  }

  /** Believes no longer in a limit: the pace has left it far behind. */
  get outgrown(): boolean {
    return this.#rate > 20 * this.belief.rate && this.#lastTaken - this.#growAt > 3 * this.belief.closure;
  }

  #most(): number {
    const { burst, bursty, measured, windowed, first } = this.belief;
    if (windowed) return burst;
    const refilled = Math.max(0, first.length - LONG.from) / LONG.per;
    const looking = Math.max(SPENT.knowing, SPENT.looking - refilled);
    const slack = Math.min(1, (burst - 1) / 4);
    return Math.max(1 + slack, bursty ? burst * (measured ? SPENT.knowing : looking) : 0);
  }

  /** Only while calls wait for the pace: a pace that holds nobody back is not tested by growing. */
  #grow(now: number, rtt: number): void {
    const ms = now - Math.max(this.#growAt, this.#lastTaken);
    if (ms <= 0) return;
    this.#probing = true;
    const perSecond = Math.min(this.belief.growth, 500 / Math.max(rtt, 1));
    this.#rate *= Math.min(1.5, Math.exp((perSecond * ms) / 1_000));
  }
}
