import { classifyError, type Moment, type Observed, type Outcome } from '@steadfetch/core';
import { type FailedAttempt, numberOf, type Session } from './attempt.ts';
import { Pause } from './pause.ts';
import type { Decision, End, Retry } from './rule.ts';

/** What an event says of an attempt that has ended. */
export interface Facts {
  /** 1 for the first. */
  readonly attempt: number;
  /** A copy: what is done to it has no effect. */
  readonly outcome: Outcome;
  /** The response of that attempt, if it ended in one. Observe it; its body is not yours to read. */
  readonly response?: Response;
  /** The error of that attempt, if it ended in one. */
  readonly error?: unknown;
  /** The status, or the error's code or name: what a log line wants. */
  readonly cause: string;
  /** The `Idempotency-Key` of the call, if it carries one. */
  readonly idempotencyKey?: string;
}

export function factsOf(session: Session, attempt: number, outcome: Outcome): Facts {
  const { response, error } = outcome;
  const { key } = session;
  return {
    attempt: numberOf(session, attempt),
    outcome: Object.freeze({ ...outcome }),
    cause: response ? String(response.status) : (classifyError(error).code ?? nameOf(error)),
    ...(response ? { response } : { error }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? error.name : String(error);
  } catch {
    return typeof error;
  }
}

/** How the call goes on after a failed attempt, where it is worth an event: a give-up has a reason, a recovery none. */
export function endOf({ attempt, outcome }: FailedAttempt, { stop }: End): { reason?: string } | undefined {
  if (stop !== undefined) return { reason: stop };
  if (attempt === 1) return undefined;
  return outcome?.response ? {} : { reason: 'permanent' };
}

/** Tells observers of the call that its retry got no permit, and how long it is held. */
export function emitSpentBudget(
  observed: Observed,
  { session, call, attempt, outcome }: FailedAttempt,
  ms: number,
): void {
  observed.emit(call, { type: 'budget', ...factsOf(session, attempt, outcome!), ms });
}

/** Tells observers of the call what follows a failed attempt. */
export function emitFailure(observed: Observed, failure: FailedAttempt, decision: Decision): void {
  const { session, call, attempt, pause } = failure;
  const outcome = failure.outcome ?? pause!.outcome;
  const facts = factsOf(session, attempt, outcome);
  if (decision.retry) {
    observed.emit(call, waitOf(failure, facts, decision));
    return;
  }
  const { planned } = decision;
  const wait = planned ? { ms: planned.delay, source: planned.source } : {};
  const end = endOf(failure, decision);
  if (end?.reason) observed.emit(call, { type: 'give-up', ...facts, reason: end.reason, ...wait });
  else if (end) emitRecovery(observed, session, attempt, outcome.response!);
}

function waitOf(failure: FailedAttempt, facts: Facts, { delay: ms, source, reason, asked }: Retry): Moment {
  const { clock, maxRetries } = failure.session.policy;
  const pause = new Pause(failure.outcome!, clock, asked);
  failure.pause = pause;
  const { cancel, retryNow } = pause;
  return { type: 'wait', ...facts, ms, until: clock.now() + ms, source, reason, maxRetries, cancel, retryNow };
}

/** Tells observers of the call that a retry got a good answer. */
export function emitRecovery(observed: Observed, session: Session, attempt: number, response: Response): void {
  const facts = factsOf(session, attempt, { response, failed: false });
  observed.emit(session.call, { type: 'recover', ...facts, attempts: facts.attempt });
}
