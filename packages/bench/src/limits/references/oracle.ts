import type { ClientParts } from '../live.ts';
import { type Pacer, Tokens } from './pacer.ts';

/** Knows the first rate and burst of the limit, and takes an equal part of them. */
export class Oracle implements Pacer {
  readonly #tokens: Tokens;

  constructor({ limit, processes }: ClientParts) {
    const depth = Math.max(1, limit.burst / processes - 1);
    this.#tokens = new Tokens({ rate: (0.995 * limit.rate) / 1_000 / processes, depth, count: Math.floor(depth) });
  }

  delay(now: number): number {
    return this.#tokens.delay(now);
  }

  send(now: number): void {
    this.#tokens.take(now);
  }

  accepted(): void {}

  refused(now: number): void {
    this.#tokens.advance(now);
    this.#tokens.count = 0;
  }
}
