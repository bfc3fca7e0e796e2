import { localRefusal, throwIfAborted } from '@steadfetch/core';
import { abortable, isThenable, MAX_TIMER, mostSpread, optionError, shareOf } from '@steadfetch/core/kit';
import { warnOfAbortInside } from './development.ts';
import { type FailedAttempt, isGood } from './failed-attempt.ts';
import { takePermits } from './permits.ts';
import type { Decision, End, Planned, Wait } from './rule.ts';
import { hasRetriesLeft, retriesLeft } from './session.ts';

/** The `source` of a wait that comes from our backoff; the source of any other wait is a response field. */
export const BACKOFF = 'backoff';

/** Near a deadline the backoff before later retries shrinks no further, so that requests do not crowd there. Jitter can halve it. */
const MIN_LATER_BACKOFF_MS = 300;

/**
 * Decides what follows one failed attempt. The order of the questions is fixed here, so the order of the rules does not
 * matter. A call that one of our layers refused to send is not retried. Takes the permits for the retry.
 *
 * @throws what a rule throws, and the caller's abort reason, also while a rule is still deciding
 */
export async function decide(failure: FailedAttempt): Promise<Decision> {
  const { call, error, session } = failure;
  const { policy } = session;
  const refusal = localRefusal(error);
  if (refusal) return no(refusal.reason);
  const reason = await ask('when', failure);
  if (reason === undefined) {
    if (error) warnOfAbortInside(failure);
    return { retry: false };
  }
  if (hasNoRetryLeft(failure)) return no('limit');
  const forbidden = await ask('unless', failure);
  if (forbidden !== undefined) return no(forbidden);
  if (!session.repeatable) return no('method-not-idempotent');
  if (!call.replayable) return no('body-not-replayable');

  const wait = planWait(failure);
  if (wait.source !== BACKOFF && !(wait.delay <= policy.maxDelay)) return no('server-delay', wait);
  if (wait.delay >= MAX_TIMER) return no('limit', wait); // longer than any timer runs
  if (wait.delay >= call.remaining()) return no('deadline', wait);
  throwIfAborted(call.signal);
  const permits = takePermits(failure, wait);
  return permits ? { retry: true, reason, permits, ...wait } : { retry: false, stop: 'budget', planned: wait, reason };
}

function no(stop: string, planned?: Planned): End {
  return { retry: false, stop, planned };
}

/** Whether no retry is left. Requests that a layer inside sends again count too. */
export function hasNoRetryLeft({ attempt, call, session }: FailedAttempt): boolean {
  const { resends, maxRepeats } = call.record;
  return !hasRetriesLeft(session, attempt) || (resends > 0 && resends + attempt > maxRepeats);
}

/** Asks the rules until one answers yes, and returns that answer. Further rules are not asked: a rule may read a body, which takes time. */
export async function ask(question: 'when' | 'unless', failure: FailedAttempt): Promise<string | undefined> {
  for (const rule of failure.session.policy.rules) {
    if (question === 'when' && isGood(failure.response) && !rule.needs?.includes('good-responses')) continue;
    const given = rule[question]?.(failure);
    const answer = isThenable(given) ? await abortable(given, failure.call.signal) : given;
    if (answer) return answer === true ? 'rule' : String(answer);
  }
  return undefined;
}

/**
 * Returns the longer of our backoff and the server's wait. The server's wait is never shortened; it is spread upwards as far
 * as there is room, so that clients do not return together. The server may ask for the same wait again, so the spread leaves
 * time for as many such waits as fit, each with an attempt as long as the last one, and three quarters of the rest. If the
 * server asks for 0, the first retry is immediate, and later ones wait for our backoff.
 */
function planWait(failure: FailedAttempt): Planned {
  const { policy } = failure.session;
  const server = askedWait(failure);
  const asked = server?.delay;
  if (server && asked === 0 && failure.attempt === 1) return { ...server, asked };
  const own = ownDelay(failure);
  if (!server || server.delay < own) return { delay: own, source: BACKOFF, asked };
  const { took } = failure;
  const left = failure.call.remaining();
  const each = server.delay + took;
  const waits = Math.min(retriesLeft(failure.session, failure.attempt), Math.floor((left + took) / each) || 1);
  const needed = waits * each;
  const spare = needed < Infinity ? left - needed : left;
  const room = Math.min(policy.maxDelay - server.delay, spare / 4);
  const spread = mostSpread(server.delay, room, policy.spread) * shareOf(policy.random());
  return { delay: server.delay + spread, source: server.source, asked };
}

/** Returns the longest wait that a rule says the server asks for; `undefined` if there is none, or if a rule ignores the server. */
function askedWait(failure: FailedAttempt): Wait | undefined {
  const { rules } = failure.session.policy;
  if (rules.some((rule) => rule.ignoresServer)) return undefined;
  let longest: Wait | undefined;
  for (const rule of rules) {
    const wait = rule.asked?.(failure);
    if (wait && !(longest && longest.delay >= wait.delay)) longest = wait;
  }
  return longest;
}

/** Returns the longest wait of a rule, in milliseconds, or the default delay if no rule has one. */
export function ownDelay(failure: FailedAttempt): number {
  let longest: number | undefined;
  for (const rule of failure.session.policy.rules) {
    const delay = rule.wait?.(failure);
    if (delay === undefined) continue;
    if (delay === 'now') return 0;
    if (!(delay >= 0)) throw optionError('retry: wait', 'milliseconds from 0', delay);
    longest = Math.max(longest ?? 0, delay);
  }
  return Math.min(longest ?? defaultDelay(failure), MAX_TIMER);
}

/**
 * The delay of `equalJitter(exponential({ base: 600 }))`: up to the sixth wait never shorter than ky's (300, 600, 1,200 ms, ...). If little
 * time is left, the backoff takes at most two thirds of it, and leaves the next attempt the time that the last attempt took.
 */
function defaultDelay({ attempt, call, session, took }: FailedAttempt): number {
  const left = call.remaining();
  const backoff = Math.min(20_000, 600 * 2 ** (attempt - 1));
  const room = Math.min((2 / 3) * left, left - took);
  const longest = room < backoff ? Math.max(attempt === 1 ? 0 : MIN_LATER_BACKOFF_MS, room) : backoff;
  return ((1 + shareOf(session.policy.random())) / 2) * longest;
}
