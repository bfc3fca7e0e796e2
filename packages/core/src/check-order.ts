import { warnOnce } from './warn-once.ts';

/** Orders that are known to be wrong: what stands outside, what stands inside, and what then happens. */
const WRONG: readonly [outer: string, inner: string, why: string][] = [
  ['retry', 'idempotencyKey', 'each attempt gets a key of its own, so that a repetition is not recognised'],
  ['circuitBreaker', 'retry', 'the breaker sees one outcome for many attempts, and opens too late'],
  ['rateLimit', 'retry', 'a refusal is retried before the gate hears of it'],
  ['bufferBody', 'retry', 'a body that breaks is not retried'],
];

/** Tells a developer, once, when a middleware is put around others in an order that is known to be wrong. */
export function checkOrder(outer: string, inner: readonly string[]): void {
  if (environment() === 'production') return;
  for (const [left, right, why] of WRONG) {
    if (left === outer && inner.includes(right)) {
      warnOnce(`${outer}() stands outside ${right}(): ${why}. Put ${right}() first.`);
    }
  }
}

function environment(): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV;
}
