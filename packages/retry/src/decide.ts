import { localRefusal } from '@steadfetch/core';
import { MAX_TIMER } from '@steadfetch/core/kit';
import type { RetryPermit } from '@steadfetch/retry-budget';
import { shouldRetryHint } from '@steadfetch/server-hints';
import { acquireFrom } from './budgeting.ts';
import type { GiveUpReason, RetryReason } from './events.ts';
import type { Failure } from './failure.ts';
import type { FailureKind, Limits } from './limits.ts';
import { type PlannedDelay, planDelay } from './plan-delay.ts';
import type { Policy } from './policy.ts';
import { transientReason } from './rules.ts';

/** What was counted before this failure. */
export interface Tally {
  readonly counts: Readonly<Record<FailureKind, number>>;
  readonly previousDelay: number;
  /** Whether the call, as it was made, can be sent twice. */
  readonly repeatable: boolean;
  /** Whether the failure can be the server's doing. */
  readonly blamed: boolean;
  /** Whether the caller's condition, and no rule, asked for the last retry. */
  readonly wished: boolean;
}

/** Another attempt after a delay; or none, with a reason where one might have been expected. */
export type Decision =
  | ({ readonly retry: true; readonly reason: RetryReason; readonly permit: RetryPermit | undefined } & PlannedDelay)
  | { readonly retry: false; readonly reason: GiveUpReason | undefined; readonly planned?: PlannedDelay };

/** Asks the caller's own condition; `undefined` stands for the default rules. */
export type Ask = () => Promise<boolean | undefined>;

/**
 * Decides about one failed attempt. What a layer of ours did not send is never repeated. Limits, the server's veto, the method and the body come before any wish, and the
 * delay is only looked at once a retry is wanted.
 */
export async function decide(failure: Failure, tally: Tally, policy: Policy, ask: Ask): Promise<Decision> {
  const refusal = localRefusal(failure.error);
  if (refusal) return no(refusal.reason);
  const byRules = transientReason(failure, policy);
  const expected = <T extends GiveUpReason>(reason: T) => no(byRules === undefined ? undefined : reason);
  if (isSpent(failure, tally, policy.limits)) return tally.wished ? no('limit') : expected('limit');
  if (failure.response && shouldRetryHint(failure.response) === false) return expected('veto');
  const wish = await ask();
  if (wish === false) return expected('predicate');
  const reason = byRules ?? (wish ? 'predicate' : undefined);
  if (reason === undefined) return no(undefined);
  if (!tally.repeatable) return no('method-not-idempotent');
  if (!failure.call.replayable) return no('body-not-replayable');
  return schedule(failure, tally, policy, reason);
}

/** Which counter a failure belongs to. */
export function kindOf({ response, errorClass }: Failure): FailureKind {
  if (response) return 'status';
  return errorClass?.sent === 'no' ? 'connect' : 'read';
}

function schedule(failure: Failure, { previousDelay, blamed }: Tally, policy: Policy, reason: RetryReason): Decision {
  const planned = planDelay(failure, policy, previousDelay);
  const fromServer = planned.source !== 'backoff';
  if (fromServer && planned.delay > policy.maxDelay) return no('server-delay', planned);
  if (planned.delay >= MAX_TIMER) return no('limit', planned);
  if (planned.delay >= failure.call.remaining()) return no('deadline', planned);
  const kind = fromServer || failure.response?.status === 429 ? 'throttled' : 'transient';
  const permit = policy.budget && acquireFrom(policy.budget, failure, kind, blamed);
  if (policy.budget && !permit) return no('budget', planned);
  return { retry: true, reason, permit, ...planned };
}

function isSpent(failure: Failure, { counts }: Tally, limits: Limits): boolean {
  const kind = kindOf(failure);
  const { resends, maxRepeats } = failure.call.record;
  const isCounted = resends > 0 && resends + failure.attempt > maxRepeats; // one count for all layers
  return failure.attempt > limits.total || counts[kind] >= limits[kind] || isCounted;
}

function no(reason: GiveUpReason | undefined, planned?: PlannedDelay): Decision {
  return planned ? { retry: false, reason, planned } : { retry: false, reason };
}
