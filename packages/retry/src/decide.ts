import { localRefusal, notify, throwIfAborted } from '@steadfetch/core';
import { abortable, MAX_TIMER } from '@steadfetch/core/kit';
import type { FailedAttempt } from './attempt.ts';
import type { Decision, End, Permit, Wait } from './rule.ts';
import { OWN, planWait } from './wait.ts';

/**
 * Decides about one failed attempt. The order of the questions is fixed here, so that no order of rules can be wrong.
 * What a layer of ours did not send is never repeated.
 *
 * @throws what a rule throws, and the caller's reason after an abort, also while a rule takes its time
 */
export async function decide(failure: FailedAttempt): Promise<Decision> {
  const { call, error, session } = failure;
  const { policy } = session;
  const refusal = localRefusal(error);
  if (refusal) return no(refusal.reason);
  const reason = await ask('when', failure);
  if (reason === undefined) return { retry: false };
  if (isSpent(failure)) return no('limit');
  const forbidden = await ask('unless', failure);
  if (forbidden !== undefined) return no(forbidden);
  if (!session.repeatable) return no('method-not-idempotent');
  if (!call.replayable) return no('body-not-replayable');

  const wait = planWait(failure);
  if (wait.source !== OWN && !(wait.delay <= policy.maxDelay)) return no('server-delay', wait);
  if (wait.delay >= MAX_TIMER) return no('limit', wait);
  if (wait.delay >= call.remaining()) return no('deadline', wait);
  throwIfAborted(call.signal);
  const permits = permitsFor(failure, wait);
  return permits ? { retry: true, reason, permits, ...wait } : no('budget', wait);
}

function no(stop: string, planned?: Wait): End {
  return planned ? { retry: false, stop, planned } : { retry: false, stop };
}

/** Whether the retries are used up. A layer inside that sends the call again counts as well. */
export function isSpent({ attempt, call, session }: FailedAttempt): boolean {
  const { resends, maxRepeats } = call.record;
  return !(attempt <= session.policy.maxRetries) || (resends > 0 && resends + attempt > maxRepeats);
}

/** The first yes. The rules after it are not asked: looking into a body takes time. */
async function ask(question: 'when' | 'unless', failure: FailedAttempt): Promise<string | undefined> {
  const isGood = failure.response !== undefined && failure.response.status < 400;
  for (const rule of failure.session.policy.rules) {
    if (isGood && question === 'when' && !rule.inspects) continue;
    const given = rule[question]?.(failure);
    const answer = isThenable(given) ? await abortable(given, failure.call.signal) : given;
    if (answer) return answer === true ? 'rule' : String(answer);
  }
  return undefined;
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}

/** A permit of each rule that gives some, or none at all. All are asked, so that each hears of the failure. */
function permitsFor(failure: FailedAttempt, wait: Wait): Permit[] | undefined {
  const answers = failure.session.policy.rules.filter((rule) => rule.permit).map((rule) => rule.permit!(failure, wait));
  const permits = answers.filter((permit) => permit !== undefined);
  if (permits.length === answers.length) return permits;
  release(permits);
  return undefined;
}

/** Gives permits back. What that throws or rejects changes nothing. */
export function release(permits: readonly Permit[] = []): void {
  for (const permit of permits) notify(() => permit.release(), undefined);
}
