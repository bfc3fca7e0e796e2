import type { Random } from '@steadfetch/core';

/** What a server says is left of one quota. Times are milliseconds from now. */
export interface Quota {
  readonly name?: string;
  readonly limit?: number;
  readonly remaining?: number;
  readonly reset?: number;
  readonly window?: number;
}

export interface Answer {
  readonly kind: 'accepted' | 'refused' | 'failed';
  readonly wait?: number;
  readonly quotas?: readonly Quota[];
  /** What the call cost in truth. */
  readonly cost?: number;
}

export interface Sent {
  readonly at: number;
  readonly cost: number;
}

export interface Settled {
  readonly retryIn?: number;
  readonly closed: boolean;
}

export interface PacerOptions {
  readonly random: Random;
  readonly limit?: { readonly requests: number; readonly per: number };
  readonly proof?: 'direct' | 'first';
}

/** A gate alone: closes on refusals, opens later, and lets through what a known limit allows. */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #times: { at: number; cost: number }[] = [];
  #closedUntil = 0;
  #strikes = 0;
  #answers = 0;
  #refusals = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  advance(now: number): void {
    const { limit } = this.#options;
    if (limit) while (this.#times.length > 0 && this.#times[0]!.at + limit.per <= now) this.#times.shift();
  }

  delay(now: number): number {
    const { limit } = this.#options;
    if (now < this.#closedUntil) return this.#closedUntil - now;
    if (!limit) return 0;
    const used = this.#times.reduce((sum, { cost }) => sum + cost, 0);
    return used < limit.requests ? 0 : Math.max(1, this.#times[0]!.at + limit.per - now);
  }

  send(now: number, cost: number = 1): Sent {
    const sent = { at: now, cost };
    if (this.#options.limit) this.#times.push(sent);
    return sent;
  }

  settle(sent: Sent, now: number, { kind, wait, cost }: Answer): Settled {
    if (cost !== undefined) (sent as { cost: number }).cost = cost;
    if (kind === 'failed') return { closed: false };
    this.#answers++;
    if (kind === 'accepted') this.#strikes = 0;
    if (kind === 'accepted') return { closed: false };
    this.#refusals++;
    const closed = now >= this.#closedUntil;
    const chance = this.#options.random();
    const asked =
      wait === undefined ? undefined : wait + 1 + (chance >= 0 && chance < 1 ? chance : 1) * Math.min(25, wait * 0.02);
    const own = Math.min(3_000, 100 * 2 ** this.#strikes);
    if (closed) this.#strikes++;
    if (closed || asked !== undefined) this.#closedUntil = Math.max(this.#closedUntil, now + (asked ?? own));
    return { closed, retryIn: this.#closedUntil - now };
  }

  snapshot(now: number): ReturnType<Pacer['delay']> extends number
    ? {
        state: 'open' | 'closed';
        opensIn: number;
        rate: number | undefined;
        burst: number | undefined;
        remaining: number | undefined;
        refusedShare: number;
        why: string;
      }
    : never {
    const opensIn = Math.max(0, this.#closedUntil - now);
    return {
      state: opensIn > 0 ? 'closed' : 'open',
      opensIn,
      rate: undefined,
      burst: undefined,
      remaining: undefined,
      refusedShare: this.#refusals / Math.max(1, this.#answers),
      why: opensIn > 0 ? 'refused' : 'no limit known',
    };
  }
}
