import { checkClock, checkNames, type Middleware, systemClock, unexpected } from '@steadfetch/core';
import { retryBudget } from '@steadfetch/retry-budget';
import { NAMES, type RetryOptions } from './options.ts';
import { type Policy, policyOf } from './policy.ts';
import { rulesOf } from './preset.ts';
import { retryBy } from './retry-with.ts';

/**
 * Repeats a request while its outcome looks transient: `retryWith` and the rules that most clients need, as options.
 *
 * Waits between attempts: the larger of its own delay and the one the server asks for, and gives up rather than wait
 * longer for the server than `maxDelay`, or past the deadline of an outer `timeout`. When it stops, the caller gets the last
 * outcome as `fetch` would have given it: the response unread, or the error itself.
 *
 * Only requests that can be repeated without harm are: by method (RFC 9110 §9.2.2), by an `Idempotency-Key`, or by
 * declaration. A stream in `init` is sent once, unless it comes from a `bodyFactory`.
 *
 * @throws the caller's abort reason, also while waiting; what `shouldRetry`, `inspect` or `delay` throws
 * @example const fetchUser = compose(retry({ maxRetries: 3 }), timeout(2_000))(fetch);
 */
export function retry(options: RetryOptions = {}): Middleware {
  const { policy, policyFor } = presetOf(options);
  return retryBy(policy, policyFor);
}

/** The policy of these options, and of a call that overrides some. All share one budget. */
export function presetOf(given: RetryOptions): { policy: Policy; policyFor: (override: unknown) => Policy } {
  checkNames('retry', given, NAMES);
  const options = copyOf(given);
  const { clock = systemClock } = options;
  if (options.budget === undefined) options.budget = retryBudget({ clock: checkClock('retry', clock) });
  const policyFor = (override: unknown) => {
    if (typeof override !== 'object' || override === null) {
      throw unexpected('retry', 'false or an options object', override);
    }
    checkNames('retry', override, NAMES);
    return policyOf(rulesOf({ ...options, ...membersOf(override) }));
  };
  return { policy: policyOf(rulesOf(options)), policyFor };
}

/** As they were when `retry` was made: lists and counters belong to their owner, who may change them. */
function copyOf(options: RetryOptions): RetryOptions {
  const copy: Record<string, unknown> = membersOf(options) as Record<string, unknown>;
  for (const [name, value] of Object.entries(copy)) {
    if (Array.isArray(value)) copy[name] = [...value];
    else if (COUNTERS.has(name) && typeof value === 'object' && value !== null) copy[name] = { ...value };
  }
  return copy;
}

const COUNTERS = new Set(['maxRetries', 'serverHints']);

/** By member, not by own key: options may come from a class, or inherit. */
function membersOf(options: RetryOptions): RetryOptions {
  const members = options as Record<string, unknown>;
  return Object.fromEntries(NAMES.map((name) => [name, members[name]]).filter(([, value]) => value !== undefined));
}
