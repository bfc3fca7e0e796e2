import { unexpected } from '@steadfetch/core';
import type { RetryOptions, RetryOverride } from './options.ts';
import { type Policy, resolvePolicy } from './policy.ts';

/** As they were when `retry` was made: lists and counters belong to their owner, who may change them. */
export function copyOf(options: RetryOptions): RetryOptions {
  const copy: Record<string, unknown> = { ...options };
  for (const [name, value] of Object.entries(copy)) {
    if (Array.isArray(value)) copy[name] = [...value];
    else if (COUNTERS.has(name) && typeof value === 'object') copy[name] = { ...value };
  }
  return copy;
}

const COUNTERS = new Set(['maxRetries', 'serverHints']);

/** The policy of one call: its own options on top of those of the middleware, whose budget it shares. */
export function policyFor(override: RetryOverride | undefined, options: RetryOptions, policy: Policy): Policy {
  if (override === undefined) return policy;
  if (typeof override !== 'object' || override === null) {
    throw unexpected('retry', 'false or an options object', override);
  }
  const given = Object.entries(override).filter(([, value]) => value !== undefined);
  return resolvePolicy({ ...options, budget: policy.budget ?? false, ...Object.fromEntries(given) });
}
