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

/** The wait of a refused call if the server asks for none, in milliseconds: the first, and the longest after doubling with each refusal. */
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 3_000;
/** The most that is added at random to a wait that the server asked for, in milliseconds. More would cost workers too much of their time. */
const MAX_SPREAD_MS = 2_000;

/** A refused call, and how long it would wait before it is sent again. */
export interface RefusedCall {
  readonly request: Outgoing;
  readonly response: Response;
  readonly refusal: Refusal;
  readonly lastAnswer: LastAnswer;
  /** The gate that the refusal is about. */
  readonly gate: Gate;
  readonly now: number;
  /** How long the call must wait at least because of its own refusal, in milliseconds from `now`. */
  readonly delay: number;
  /** How long it would certainly wait in all: its gate may be closed for longer than `delay`. */
  readonly wait: number;
}

/** Why a refused call is not sent again; `undefined` if it is. */
export function stopReason(
  { request, response, wait }: RefusedCall,
  { methods, maxResends }: Settings,
): StopReason | undefined {
  const { call, waitLeft } = request.ticket;
  if (call.retried === 'off') return 'off';
  if (shouldRetryHint(response) === false) return 'veto';
  const isRepeatable = isIdempotent(call);
  // The server that redirected may have processed the request.
  if (!isRepeatable && isRedirected(response, call)) return 'redirected';
  // A request that got a 429 was not processed. Another status proves less, and so does a 429 if a layer inside sent the request
  // more than once.
  const isUnprocessed = response.status === 429 && call.record.sends - request.sendsBefore <= 1;
  if (methods ? !methods.has(call.method.toUpperCase()) : !isUnprocessed && !isRepeatable) return 'method';
  if (!call.replayable) return 'body-not-replayable';
  if (repeatsOf(call) >= maxResends) return 'max-resends';
  if (wait > call.remaining()) return 'deadline';
  return wait > waitLeft ? 'max-wait' : undefined;
}

/**
 * How long a refused call waits at least: as long as the server asked, and otherwise a short time that doubles. After a refusal by a
 * failing server, such as a 503, up to a fifth is added, so that clients do not come back together.
 */
export function delayOf(
  { call, waitLeft }: Ticket,
  { asked = 0, status }: Refusal,
  { closed, retryIn = 0 }: Effect,
  random: Random,
): number {
  const chance = random();
  const own = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(call.record.resends, 10)) * (1 + 0.2 * chance);
  const room = (Math.min(call.remaining(), waitLeft) - asked) / 2;
  const spread = status >= 500 && !closed ? Math.min(MAX_SPREAD_MS, mostSpread(asked, room)) * chance : 0;
  return Math.max(asked && asked + 1 + spread, retryIn, closed || asked > 0 ? 0 : own);
}

/** Records the refused request, and sets when its call may be sent again. `at` is the time of the wall clock. */
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

/** How often the call was repeated so far, by any layer. */
export function repeatsOf({ attempt, record }: Call): number {
  return attempt - 1 + record.resends;
}
