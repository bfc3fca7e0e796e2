import type { RetryKind } from './types.ts';

/** The numbers a bucket works with, in tokens and milliseconds. */
export interface BucketRule {
  /** What a success puts in. */
  readonly deposit: number;
  /** Tokens that every client may hold, however little it calls. */
  readonly floor: number;
  /** Tokens on top, per success of the last ten seconds. */
  readonly share: number;
  /** Tokens that come back by themselves each second. */
  readonly perSecond: number;
  /** What a bucket starts with, and comes back to when little is called. */
  readonly credit: number;
}

/** What a failed attempt takes out. */
const FAILURE = 0.5;

/** What the retry after it takes. */
export const PRICE: Readonly<Record<RetryKind, number>> = { transient: 0.5, throttled: 0.2 };

const WINDOW = 10_000;
const CREDIT_FADES = 0.25;
const DEBT = 2;
const DEBT_PER_SHARE = 3;

/**
 * The tokens of one server; a retry is allowed while there are any. Pure: time is what it is told.
 *
 * Successes are only counted, and settled with the next failure: nothing can ask for a token in between. The level goes
 * below zero while everything fails, so that a few lucky answers do not open it again.
 */
export class Bucket {
  readonly #rule: BucketRule;
  #level: number;
  #successes = 0;
  /** Successes within the window, faded exponentially. */
  #recent = 0;
  #settledAt: number;

  constructor(rule: BucketRule, now: number) {
    this.#rule = rule;
    this.#level = rule.credit;
    this.#settledAt = now;
  }

  succeed(): void {
    this.#successes++;
  }

  fail(now: number): void {
    this.#settle(now);
    const debt = DEBT + DEBT_PER_SHARE * this.#rule.share * this.#recent;
    this.#level = Math.max(-debt, this.#level - FAILURE);
  }

  /** Takes the price of a retry out, unless there is nothing left. */
  spend(price: number, now: number): boolean {
    this.#settle(now);
    if (this.#level <= 0) return false;
    this.#level -= price;
    return true;
  }

  refund(price: number): void {
    this.#level += price;
  }

  #settle(now: number): void {
    const { deposit, floor, share, perSecond, credit } = this.#rule;
    const elapsed = now - this.#settledAt;
    const successes = this.#successes;
    this.#recent = fade(this.#recent, successes, elapsed);
    this.#successes = 0;
    this.#settledAt = now;
    const ceiling = floor + share * this.#recent;
    const rested = Math.min(Math.max(credit, ceiling), this.#level + (perSecond * elapsed) / 1_000);
    this.#level =
      rested < ceiling
        ? Math.min(ceiling, rested + deposit * successes)
        : Math.max(ceiling, rested - CREDIT_FADES * successes);
  }
}

/** What is left of a count after some time, with events that came evenly within it. */
function fade(count: number, events: number, elapsed: number): number {
  if (elapsed <= 0) return count + events;
  const kept = Math.exp(-elapsed / WINDOW);
  return count * kept + ((events * WINDOW) / elapsed) * (1 - kept);
}
