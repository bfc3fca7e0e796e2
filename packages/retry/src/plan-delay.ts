import { IDEMPOTENT_METHODS, MAX_TIMER, optionError } from '@steadfetch/core/kit';
import { serverDelay } from '@steadfetch/server-hints';
import type { Failure } from './failure.ts';
import type { Policy } from './policy.ts';

/** How long to wait, and who says so: `backoff`, or the response field that asked for it. */
export interface PlannedDelay {
  delay: number;
  source: string;
}

const MAX_SPREAD = 5_000;

/** The larger of our own delay and the server's; the server's is spread upwards only, never below what it asked. */
export function planDelay(failure: Failure, policy: Policy, previousDelay: number): PlannedDelay {
  const hint = failure.response && policy.serverHints ? hintOf(failure.response, policy) : undefined;
  const isNow = hint?.ms === 0 && isLiteralZero(failure.response!, hint.source);
  if (isNow && failure.attempt === 1) return { delay: 0, source: hint.source };
  const own = ownDelay(failure, policy, previousDelay);
  if (!hint || (hint.ms === 0 && !isNow) || hint.ms < own) return { delay: own, source: 'backoff' };
  const room = Math.max(0, Math.min(policy.maxDelay, failure.call.remaining() - 1) - hint.ms);
  const spread = Math.min(hint.ms * policy.spread, MAX_SPREAD, room) * chance(policy);
  return { delay: hint.ms + spread, source: hint.source };
}

function ownDelay({ attempt, errorClass, method }: Failure, policy: Policy, previousDelay: number): number {
  // Cutting a stuck attempt is what a timeout is for: a repeatable one goes again at once, the first time.
  if (errorClass?.kind === 'timeout' && attempt === 1 && IDEMPOTENT_METHODS.has(method)) return 0;
  const delay = policy.delay({ attempt, previousDelay });
  if (typeof delay !== 'number' || !(delay >= 0)) throw optionError('retry: delay', 'milliseconds', delay);
  return Math.min(delay, MAX_TIMER);
}

function hintOf(response: Response, { clock }: Policy): { ms: number; source: string } | undefined {
  return serverDelay(response, { now: clock.now() });
}

/** A date in the past is nearly always a skewed clock; only a written 0 means "now". */
function isLiteralZero(response: Response, source: string): boolean {
  return /^[ \t]*0+(?:\.0+)?[ \t]*$/.test(String(response.headers.get(source)));
}

/** A source of chance that gives nonsense must not shorten a wait. */
function chance({ random }: Policy): number {
  const drawn = random();
  return drawn >= 0 && drawn <= 1 ? drawn : 1;
}
