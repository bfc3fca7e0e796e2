import { type Pacer, Tokens } from './pacer.ts';

const BETA = 0.7;
const SCALE = 0.4;
const SMOOTHING = 0.8;
const LEAST = 0.5;

/**
 * The adaptive mode of the AWS SDKs: the rate follows CUBIC (RFC 9438 §4.2), with the rate that is measured in half
 * seconds as its bound. In it all rates are per second.
 */
export class Cubic implements Pacer {
  readonly #tokens: Tokens = new Tokens();
  #measured = 0;
  #period = 0;
  #count = 0;
  #maximum = 0;
  #refusedAt = 0;

  delay(now: number): number {
    return this.#tokens.delay(now);
  }

  send(now: number): void {
    this.#tokens.take(now);
  }

  accepted(now: number): void {
    this.#measure(now);
    if (this.#tokens.rate === Infinity) return;
    const since = (now - this.#refusedAt) / 1_000;
    const regained = Math.cbrt((this.#maximum * (1 - BETA)) / SCALE);
    this.#set(now, SCALE * (since - regained) ** 3 + this.#maximum);
  }

  refused(now: number): void {
    this.#measure(now);
    this.#maximum = Math.min(this.#measured || 1, 1_000 * this.#tokens.rate);
    this.#refusedAt = now;
    this.#set(now, BETA * this.#maximum);
  }

  #measure(now: number): void {
    const period = Math.floor(now / 500);
    this.#count++;
    if (period <= this.#period) return;
    const rate = this.#count / (this.#period === 0 ? 0.5 : (period - this.#period) / 2);
    this.#measured = SMOOTHING * rate + (1 - SMOOTHING) * this.#measured;
    this.#count = 0;
    this.#period = period;
  }

  #set(now: number, rate: number): void {
    this.#tokens.advance(now);
    const bounded = Math.max(LEAST, Math.min(rate, 2 * this.#measured));
    this.#tokens.rate = bounded / 1_000;
    this.#tokens.depth = Math.max(1, bounded);
    this.#tokens.count = Math.min(this.#tokens.count, this.#tokens.depth);
  }
}
