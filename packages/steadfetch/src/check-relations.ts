import { optionError } from '@steadfetch/core/kit';
import type { StandardPlan } from './standard-plan.ts';

/** What must hold between the numbers, or a layer could never do its work. */
export function checkRelations({ timeout = Infinity, attemptTimeout, retry, rateLimit }: StandardPlan): void {
  const check = (isRight: boolean, name: string, relation: string, got: unknown) => {
    if (!isRight) throw optionError(`standard: ${name}`, `${relation} timeout (${timeout})`, got, RangeError);
  };
  const { headers = 0 } = attemptTimeout ?? {};
  const { maxDelay = 0 } = retry ?? {};
  const { maxWait = 0 } = rateLimit ?? {};
  check(headers < timeout, 'attemptTimeout', 'less than', headers);
  check(maxDelay <= timeout, 'retry.maxDelay', 'at most', maxDelay);
  check(maxWait <= timeout, 'rateLimit.maxWait', 'at most', maxWait);
}
