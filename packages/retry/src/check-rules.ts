import type { Rule } from './rule.ts';

/** Throws for what is no rule, with the way to write it. For development. */
export function checkRules(rules: readonly unknown[]): void {
  rules.forEach((rule, position) => {
    if (typeof rule === 'object' && rule && !Array.isArray(rule)) return;
    throw new TypeError(`retryWith: expected a rule at position ${position}, got ${describe(rule)}`);
  });
  if (rules.some((rule) => (rule as Rule).when)) return;
  throw new TypeError('retryWith: no rule says when to retry: add onStatus(429, 503) or onNetworkError()');
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array: spread it, ...rules';
  return typeof value === 'function' ? `a function: call it, ${value.name || 'rule'}()` : String(value);
}
