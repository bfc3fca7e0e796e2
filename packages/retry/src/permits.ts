import { notify } from '@steadfetch/core';
import type { FailedAttempt } from './failed-attempt.ts';
import type { Permit, Wait } from './rule.ts';

/** Takes a permit from each rule that has `permit`, or none if one of them refuses. All are asked, so that each can record the failure. */
export function takePermits(failure: FailedAttempt, wait: Wait): Permit[] | undefined {
  const permits: Permit[] = [];
  let isComplete = false;
  try {
    const givers = failure.session.policy.rules.filter((rule) => rule.permit);
    for (const rule of givers) {
      const permit = rule.permit!(failure, wait);
      if (permit) permits.push(permit);
    }
    isComplete = permits.length === givers.length;
    return isComplete ? permits : undefined;
  } finally {
    if (!isComplete) releasePermits(permits);
  }
}

/** Gives permits back. Errors of `release` are ignored. */
export function releasePermits(permits: readonly Permit[] = []): void {
  for (const permit of permits) notify(() => permit.release());
}
