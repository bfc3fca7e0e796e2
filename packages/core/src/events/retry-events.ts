import type { Call } from '../call/call.ts';
import { codeOf, nameOf } from '../outcome/classify-error.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Clock } from '../time/clock.ts';
import type { FailureMembers, Moment } from './events.ts';
import { Pause } from './pause.ts';

/** An attempt that has ended, as described by a layer that repeats calls. */
export interface EndedAttempt {
  readonly call: Call;
  /** The number of the attempt among those of this layer, 1 for the first. */
  readonly attempt: number;
  readonly outcome?: Outcome | undefined;
  /** The `Idempotency-Key` of the call. */
  readonly idempotencyKey?: string | undefined;
}

/** A failed attempt, with the wait that follows and that an observer may end. */
interface FailedAttempt extends EndedAttempt {
  readonly session: { readonly policy: { readonly clock: Clock; readonly maxRetries: number } };
  pause: Pause | undefined;
}

interface Wait {
  readonly delay: number;
  readonly source: string;
}

interface Retry extends Wait {
  readonly retry: true;
  readonly reason: string;
  readonly asked: number | undefined;
}

interface End {
  readonly retry: false;
  readonly stop?: string | undefined;
  readonly planned?: Wait | undefined;
  readonly thrown?: { readonly error: unknown } | undefined;
}

/**
 * Turns the decisions of `retry` into events. It belongs to the observer of a call and not to `retry`, so that a bundle without observers does
 * not contain this code.
 */
export interface RetryObserver {
  /** The budget gave no permit: the call waits for `ms`, then tries to get a permit again, or ends. */
  beforeHold(failure: FailedAttempt, ms: number): void;
  afterFailure(failure: FailedAttempt, decision: Retry | End): void;
  /** A good answer after an attempt that failed. */
  afterRecovery(recovery: EndedAttempt): void;
}

export const retryObserver: RetryObserver = {
  beforeHold: (failure, ms) => {
    const { clock, maxRetries } = failure.session.policy;
    if (ms > 0) failure.pause = new Pause(clock, undefined);
    const cancel = failure.pause && { cancel: failure.pause.cancel };
    emit(failure, { type: 'budget', ...factsOf(failure), ms, maxRetries, ...cancel });
  },
  afterFailure: (failure, decision) => {
    if (decision.retry) return emit(failure, { type: 'wait', ...factsOf(failure), ...waitOf(failure, decision) });
    const end = endOf(failure, decision);
    if (end?.reason) {
      const { planned } = decision;
      const wait = planned ? { ms: planned.delay, source: planned.source } : {};
      const byCaller = isByCaller(failure, decision) && { byCaller: true };
      emit(failure, { type: 'give-up', ...factsOf(failure), reason: end.reason, ...wait, ...byCaller });
    } else if (end) emitRecovery(failure);
  },
  afterRecovery: (recovery) => {
    if (recovery.attempt > 1) emitRecovery(recovery);
  },
};

function emit({ call }: EndedAttempt, moment: Moment): void {
  call.observed!.emit(call, moment);
}

function emitRecovery(recovery: EndedAttempt): void {
  const facts = factsOf(recovery);
  emit(recovery, { type: 'recover', ...facts, attempts: facts.attempt });
}

/** Whether the caller aborted the call, also by `cancel()`. An abort by a time limit or `drain()` does not count. */
function isByCaller({ call }: EndedAttempt, { stop, thrown }: End): boolean {
  const isLimit = call.remaining() <= 0 || /^(?:Timeout|Drain)Error$/.test(nameOf(thrown?.error));
  return stop === 'aborted' && !isLimit;
}

function waitOf(failure: FailedAttempt, { delay: ms, source, reason, asked }: Retry) {
  const { clock, maxRetries } = failure.session.policy;
  failure.pause = new Pause(clock, asked);
  const { cancel, retryNow } = failure.pause;
  return { ms, until: clock.now() + ms, source, reason, maxRetries, cancel, retryNow };
}

/**
 * The event for the end of a call: a give-up if the result has a reason, else a recovery. `undefined` for no event. A recovery is an answer to
 * a retry that is not repeated, such as a 404 after a 503.
 */
export function endOf({ attempt, outcome }: EndedAttempt, { stop }: End): { reason?: string } | undefined {
  if (stop !== undefined) return { reason: stop };
  if (attempt === 1) return undefined;
  return outcome?.response ? {} : { reason: 'permanent' };
}

/** The members of an event that describe an attempt that has ended. */
export interface Facts extends FailureMembers {
  /** The number of the attempt, 1 for the first. Counts the attempts of all layers that repeat the call. */
  readonly attempt: number;
  readonly outcome: Outcome;
}

export function factsOf({ call, attempt, outcome, idempotencyKey }: EndedAttempt): Facts {
  const { response, error } = outcome!;
  return {
    attempt: attempt + call.record.resends,
    outcome: Object.freeze({ ...outcome! }),
    cause: response ? String(response.status) : (codeOf(error) ?? nameOf(error)),
    ...(response ? { response } : { error }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}
