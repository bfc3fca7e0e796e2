import { type Pacer, Tokens } from './pacer.ts';

/** 40 a minute; a hundredth of a request per second. */
const FIRST = 40 / 60_000;
const LEAST = 0.01 / 1_000;

/**
 * The adaptive token bucket of Farkiani, Liu and Crowley (arXiv 2510.04516): a fifth more after each acceptance, half
 * after each refusal, which also empties the bucket of 40. Made for clients that send one request at a time.
 */
export class Atb implements Pacer {
  readonly #tokens: Tokens = new Tokens({ rate: FIRST, depth: 40 });

  delay(now: number): number {
    return this.#tokens.delay(now);
  }

  send(now: number): void {
    this.#tokens.take(now);
  }

  accepted(now: number): void {
    this.#tokens.advance(now);
    this.#tokens.rate = Math.max(this.#tokens.rate + LEAST, 1.2 * this.#tokens.rate);
  }

  refused(now: number): void {
    this.#tokens.advance(now);
    this.#tokens.count = 0;
    this.#tokens.rate = Math.max(LEAST, this.#tokens.rate / 2);
  }
}
