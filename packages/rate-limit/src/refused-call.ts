import type { Call, LastAnswer } from '@steadfetch/core';
import { IDEMPOTENT_METHODS, idempotencyKeyOf } from '@steadfetch/core/kit';
import { shouldRetryHint } from '@steadfetch/server-hints';
import type { StopReason } from './events.ts';
import type { Gate } from './gate.ts';
import type { Settings } from './options.ts';
import type { Outgoing } from './outgoing.ts';
import type { Refusal } from './read-response.ts';

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
  const isRepeatable = IDEMPOTENT_METHODS.has(call.method) || idempotencyKeyOf(call) !== undefined;
  // The first hop may have been carried out.
  if (response.redirected && !isRepeatable) return 'redirected';
  // A 429 was refused before it was processed, whatever its method; of others, and of requests that a layer inside sent
  // before it, one cannot be so sure.
  const isUnprocessed = response.status === 429 && call.record.sends - request.sendsBefore <= 1;
  if (methods ? !methods.has(call.method.toUpperCase()) : !isUnprocessed && !isRepeatable) return 'method';
  if (!call.replayable) return 'body-not-replayable';
  if (repeatsOf(call) >= maxResends) return 'max-resends';
  if (wait > call.remaining()) return 'deadline';
  return wait > left ? 'max-wait' : undefined;
}

/** How often a call was repeated already, by whichever layer. */
export function repeatsOf({ attempt, record }: Call): number {
  return attempt - 1 + record.resends;
}
