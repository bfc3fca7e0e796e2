import { warnOnce } from './warn-once.ts';

/** Orders that are known to be wrong: what stands outside, what stands inside, and what then happens. */
const WRONG: readonly [outer: string, inner: string, why: string][] = [
  ['retry', 'idempotencyKey', 'each attempt gets a key of its own, so that a repetition is not recognised'],
  ['circuitBreaker', 'retry', 'the breaker sees one outcome for many attempts, and opens too late'],
  ['rateLimit', 'retry', 'a refusal is retried before the gate hears of it'],
  ['bufferBody', 'retry', 'a body that breaks is not retried'],
];

declare const process: { readonly env: { readonly NODE_ENV?: string } } | undefined;

/**
 * Tells a developer, once, when a middleware is put around others in an order that is known to be wrong.
 *
 * The condition stands here in the words that bundlers replace by a constant: in production neither the texts nor the
 * search is part of a page.
 */
export function checkOrder(outer: string, inner: readonly string[]): void {
  try {
    if (typeof process !== 'undefined' && process.env.NODE_ENV !== 'production') warnOfOrder(outer, inner);
  } catch {} // a `process` without `env`
}

function warnOfOrder(outer: string, inner: readonly string[]): void {
  for (const [left, right, why] of WRONG) {
    if (left === outer && inner.includes(right)) {
      warnOnce(`${outer}() stands outside ${right}(): ${why}. Put ${right}() first.`);
    }
  }
}
