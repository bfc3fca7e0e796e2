import { type Pacer, Tokens } from './pacer.ts';

export interface AimdOptions {
  /** What is left of the pace after a refusal. */
  readonly decrease: number;
  /**
   * What was given up is won back in so much time, or with so many accepted requests; above that as long for a factor
   * of e.
   */
  readonly regain: { readonly ms: number } | { readonly requests: number };
}

/** Additive increase, multiplicative decrease (Chiu and Jain, 1989). Without a pace until the first refusal. */
export class Aimd implements Pacer {
  readonly #decrease: number;
  readonly #regain: AimdOptions['regain'];
  readonly #tokens: Tokens = new Tokens({ depth: 2 });
  #accepted = 0;
  #firstSent: number | undefined;
  #cutAt = 0;
  #grownAt = 0;
  #ceiling = 0;
  #lost = 0;

  constructor({ decrease, regain }: AimdOptions) {
    this.#decrease = decrease;
    this.#regain = regain;
  }

  delay(now: number): number {
    if ('ms' in this.#regain) this.#grow((now - this.#grownAt) / this.#regain.ms);
    this.#grownAt = now;
    return this.#tokens.delay(now);
  }

  send(now: number): void {
    this.#firstSent ??= now;
    this.#tokens.take(now);
  }

  accepted(): void {
    this.#accepted++;
    if ('requests' in this.#regain) this.#grow(1 / this.#regain.requests);
  }

  refused(now: number, sentAt: number): void {
    if (sentAt <= this.#cutAt) return; // one decrease per round trip
    const elapsed = Math.max(1, now - this.#firstSent!);
    const pace = this.#tokens.rate === Infinity ? Math.max(1, this.#accepted) / elapsed : this.#tokens.rate;
    this.#tokens.advance(now);
    this.#tokens.count = 0;
    this.#tokens.rate = pace * this.#decrease;
    this.#ceiling = pace;
    this.#lost = pace - this.#tokens.rate;
    this.#cutAt = now;
  }

  /** Wins back a part of what the last refusal cost, or seeks more above it. */
  #grow(part: number): void {
    const { rate } = this.#tokens;
    if (rate === Infinity) return;
    this.#tokens.rate = rate < this.#ceiling ? rate + part * this.#lost : rate * Math.exp(part);
  }
}
