import type { Call, LastAnswer, Random } from '@steadfetch/core';
import { addAttempt, idempotencyKeyOf, isIdempotent, isRedirected, mostSpread } from '@steadfetch/core/kit';
import { shouldRetryHint } from '@steadfetch/server-hints';
import type { StopReason } from './events.ts';
import type { Gate } from './gate.ts';
import type { Settings } from './options.ts';
import type { Outgoing } from './outgoing.ts';
import type { Refusal } from './read-response.ts';
import type { Effect } from './settle.ts';
import type { Ticket } from './ticket.ts';

/** How long a refused call waits where the server sets no time, in milliseconds: doubled with each refusal, up to the longest. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 3_000;
/** A wait that the server set is spread by no more than this here, in milliseconds: workers would do less where each one waits longer. */
const LONGEST_SPREAD_MS = 2_000;

/** A call that was refused, and what follows from it. */
export interface RefusedCall {
  readonly request: Outgoing;
  readonly response: Response;
  readonly refusal: Refusal;
  readonly lastAnswer: LastAnswer;
  /** The gate that the refusal is about. */
  readonly gate: Gate;
  readonly now: number;
  /** So many milliseconds from `now`, at least, the call waits for its own refusal. */
  readonly delay: number;
  /** What it would have to wait in all, as far as that is certain: its gate may be closed for longer. */
  readonly wait: number;
}

/** Why a refused call is not sent again; `undefined` if it is. */
export function stopReason(
  { request, response, wait }: RefusedCall,
  { methods, maxResends }: Settings,
): StopReason | undefined {
  const { call, left } = request.ticket;
  if (call.retried === 'off') return 'off';
  if (shouldRetryHint(response) === false) return 'veto';
  const isRepeatable = isIdempotent(call);
  // The first hop may have been carried out.
  if (!isRepeatable && isRedirected(response, call)) return 'redirected';
  // A 429 was refused before it was processed, whatever its method; of others, and of requests that a layer inside sent
  // before it, one cannot be so sure.
  const isUnprocessed = response.status === 429 && call.record.sends - request.sendsBefore <= 1;
  if (methods ? !methods.has(call.method.toUpperCase()) : !isUnprocessed && !isRepeatable) return 'method';
  if (!call.replayable) return 'body-not-replayable';
  if (repeatsOf(call) >= maxResends) return 'max-resends';
  if (wait > call.remaining()) return 'deadline';
  return wait > left ? 'max-wait' : undefined;
}

/**
 * How long a refused call waits at least: as long as the server asked, and a little in any case. What an outage has refused is spread
 * upwards by up to a fifth, so that clients do not come back together.
 */
export function delayOf(
  { call, left }: Ticket,
  { asked = 0, status }: Refusal,
  { closed, retryIn = 0 }: Effect,
  random: Random,
): number {
  const chance = random();
  const own = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(call.record.resends, 10)) * (1 + 0.2 * chance);
  const room = (Math.min(call.remaining(), left) - asked) / 2;
  const spread = status >= 500 && !closed ? Math.min(LONGEST_SPREAD_MS, mostSpread(asked, room)) * chance : 0;
  return Math.max(asked && asked + 1 + spread, retryIn, closed || asked > 0 ? 0 : own);
}

/** Records the refused request, and makes its call ready to be sent again. `at`: the time on the wall clock. */
export function prepareResend({ request, refusal, lastAnswer, now, delay }: RefusedCall, at: number): void {
  const { ticket } = request;
  const { call } = ticket;
  const { record } = call;
  const idempotencyKey = idempotencyKeyOf(call);
  const attempt = repeatsOf(call) + 1;
  record.lastAnswer = lastAnswer;
  record.resends++;
  addAttempt(record, {
    attempt,
    at,
    status: refusal.status,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    delay,
    delaySource: refusal.source ?? 'rate-limit',
  });
  ticket.notBefore = now + delay;
}

/** How often a call was repeated already, by whichever layer. */
export function repeatsOf({ attempt, record }: Call): number {
  return attempt - 1 + record.resends;
}
