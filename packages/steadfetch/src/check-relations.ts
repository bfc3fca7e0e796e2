import { optionError } from '@steadfetch/core/kit';
import type { StandardPlan } from './standard-plan.ts';

/** Throws if two numbers contradict each other, so that a layer could never do its work. */
export function checkRelations({ timeout = Infinity, attemptTimeout, retry, rateLimit }: StandardPlan): void {
  const check = (isValid: boolean, name: string, relation: string, got: unknown) => {
    if (!isValid) throw optionError(`standard: ${name}`, `${relation} timeout (${timeout})`, got, RangeError);
  };
  const { headers = 0 } = attemptTimeout ?? {};
  const { maxDelay = 0 } = retry ?? {};
  const { maxWait = 0 } = rateLimit ?? {};
  check(headers < timeout, 'attemptTimeout', 'less than', headers);
  check(maxDelay <= timeout, 'retry.maxDelay', 'at most', maxDelay);
  check(maxWait <= timeout, 'rateLimit.maxWait', 'at most', maxWait);
}
