import { checkNames, optionError } from '@steadfetch/core/kit';
import type { RetryOptions, RetryOverride } from './options.ts';
import { NAMES, type Policy, resolvePolicy } from './policy.ts';

/** As they were when `retry` was made: lists and counters belong to their owner, who may change them. */
export function copyOf(options: RetryOptions): RetryOptions {
  const copy = given(options);
  for (const [name, value] of Object.entries(copy)) {
    if (Array.isArray(value)) copy[name] = [...value];
    else if (COUNTERS.has(name) && typeof value === 'object') copy[name] = { ...value };
  }
  return copy;
}

/** By member, not by own key: options may come from a class, or inherit. */
function given(options: RetryOptions): Record<string, unknown> {
  const members = options as Record<string, unknown>;
  return Object.fromEntries(NAMES.map((name) => [name, members[name]]).filter(([, value]) => value !== undefined));
}

const COUNTERS = new Set(['maxRetries', 'serverHints']);

/** The policy of one call: its own options on top of those of the middleware, whose budget it shares. */
export function policyFor(override: RetryOverride | undefined, options: RetryOptions, policy: Policy): Policy {
  if (override === undefined) return policy;
  if (typeof override !== 'object' || override === null) {
    throw optionError('retry', 'false or an options object', override);
  }
  checkNames('retry', override, NAMES);
  return resolvePolicy({ ...options, budget: policy.budget ?? false, ...given(override) });
}
