// Checks and warnings for developers: a production build leaves them out.

import { type Call, classifyError, type Layer } from '@steadfetch/core';
import { cancelError, isDevelopment, optionError, textOf, warnOnce } from '@steadfetch/core/kit';
import type { FailedAttempt } from './failed-attempt.ts';
import type { Need, Rule } from './rule.ts';

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** Returns the name of this layer, and the layers that it must be inside. */
export function layer(): Layer {
  const name = 'retry';
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    const why = 'each attempt gets another key, so the server cannot recognise a repetition';
    return { name, mustBeInside: [['idempotencyKey', why]] };
  }
  return { name };
}

/** Throws if p-retry cannot run here. Called when the middleware is made: otherwise p-retry would throw at the first retry. */
export function checkRuntime(): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (typeof globalThis.performance?.now === 'function') return;
    throw new TypeError('retry: this runtime has no performance.now(), which p-retry needs: define it before');
  }
}

/** Warns that a `retry()` inside another `retry()` does nothing. */
export function warnOfNesting(call: Call): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    if (call.retried !== 'off')
      warnOnce('a retry() inside another retry() passes calls through: the outer one retries them');
  }
}

/** Warns if a fetch inside aborted the call, and not the caller. Usually that is a time limit made with `controller.abort()`. */
export function warnOfAbortInside(failure: FailedAttempt): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    const { call, error, sent, session } = failure;
    // not for an observer, which may cancel the call before it is sent, or before a limiter inside sends it again
    if (!sent || call.signal?.aborted || !session.repeatable || classifyError(error).kind !== 'abort') return;
    if (textOf(error, 'message') === cancelError(undefined).message) return;
    warnOnce(
      'retry() does not repeat a call that a fetch inside has aborted. For a time limit use timeout(), or abort with a ' +
        'TimeoutError, as AbortSignal.timeout() does in all browsers but Safari',
    );
  }
}

/** The value of `elapsed` if no rule says that it needs it: throws in development, returns 0 in production. */
export function unknownElapsed(): number {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    const message = "retry: a rule that reads elapsed must say needs: ['elapsed']";
    // warns too, since an error that an observer throws is ignored
    warnOnce(message);
    throw new TypeError(message);
  }
  return 0;
}

/** Throws for values that are not rules, and says how to write one. */
export function checkRules(rules: readonly unknown[]): void {
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    rules.forEach((rule, position) => {
      if (typeof rule === 'object' && rule && !Array.isArray(rule)) return;
      throw new TypeError(`retryWith: expected a rule at position ${position}, got ${describe(rule)}`);
    });
    checkNeeds(rules as Rule[]);
    for (const member of ['clock', 'random'] as const) {
      const given = new Set((rules as Rule[]).map((rule) => rule[member]).filter(Boolean));
      if (given.size > 1) throw new TypeError(`retryWith: ${member}: expected one for all rules, got ${given.size}`);
    }
    if (rules.some((rule) => (rule as Rule).when)) return;
    throw new TypeError('retryWith: no rule says when to retry: add onStatus(429, 503) or onNetworkError()');
  }
}

const NEEDS: readonly Need[] = ['elapsed', 'outcome', 'good-responses', 'time'];

function checkNeeds(rules: readonly Rule[]): void {
  const unknown = rules.flatMap(({ needs = [] }) => needs).find((need) => !NEEDS.includes(need));
  if (unknown !== undefined) throw optionError('retryWith: needs', `some of ${NEEDS.join(', ')}`, unknown);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array: spread it, ...rules';
  return typeof value === 'function' ? `a function: call it, ${value.name || 'rule'}()` : String(value);
}
