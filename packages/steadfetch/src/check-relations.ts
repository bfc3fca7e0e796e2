import { optionError } from '@steadfetch/core/kit';
import type { StandardPlan } from './standard-plan.ts';

/** What must hold between the numbers, or a layer could never do its work. */
export function checkRelations({ timeout = Infinity, attemptTimeout, retry, rateLimit }: StandardPlan): void {
  const { headers = 0 } = attemptTimeout ?? {};
  if (headers >= timeout) throw outOf('attemptTimeout', 'less than', timeout, headers);
  checkWait('retry.maxDelay', retry?.maxDelay, timeout);
  checkWait('rateLimit.maxWait', rateLimit?.maxWait, timeout);
}

function checkWait(name: string, wait = 0, timeout: number): void {
  if (wait > timeout) throw outOf(name, 'at most', timeout, wait);
}

function outOf(name: string, relation: string, timeout: number, got: number): Error {
  return optionError(`standard: ${name}`, `${relation} timeout (${timeout})`, got, RangeError);
}
