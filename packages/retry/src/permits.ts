import { notify } from '@steadfetch/core';
import type { FailedAttempt } from './failed-attempt.ts';
import type { Permit, Rule, Wait } from './rule.ts';

/** Takes a permit of each rule that has them, or none at all. All are asked, so that each can record the failure. */
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

/** The longest that a rule holds a call that got no permit. */
export function holdFor(failure: FailedAttempt, wait: Wait): number {
  return longest(failure, (rule) => rule.hold?.(failure, wait));
}

/** How long a held call waits until it asks again for the retry that is due. */
export function turnFor(failure: FailedAttempt): number {
  return longest(failure, (rule) => rule.turn?.(failure));
}

function longest({ session }: FailedAttempt, of: (rule: Rule) => number | undefined): number {
  return Math.max(0, ...session.policy.rules.map((rule) => of(rule) ?? 0));
}

/** Gives permits back. What that throws or rejects changes nothing. */
export function releasePermits(permits: readonly Permit[] = []): void {
  for (const permit of permits) notify(() => permit.release());
}
