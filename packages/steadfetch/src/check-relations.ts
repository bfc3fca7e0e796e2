import type { StandardPlan } from './standard-plan.ts';

/** What must hold between the numbers, or a layer could never do its work. */
export function checkRelations({ timeout = Infinity, attemptTimeout, retry, rateLimit }: StandardPlan): void {
  if (attemptTimeout?.headers !== undefined && attemptTimeout.headers >= timeout) {
    const got = `expected less than timeout (${timeout}), got ${attemptTimeout.headers}`;
    throw new RangeError(`standard: attemptTimeout: ${got}: an attempt would never time out before the call does`);
  }
  checkWait('retry.maxDelay', retry?.maxDelay, timeout);
  checkWait('rateLimit.maxWait', rateLimit?.maxWait, timeout);
}

function checkWait(name: string, wait = 0, timeout: number): void {
  if (wait <= timeout) return;
  const got = `expected at most timeout (${timeout}), got ${wait}`;
  throw new RangeError(`standard: ${name}: ${got}: no such wait would ever end in time`);
}
