import type { Call } from '@steadfetch/core';
import { IDEMPOTENT_METHODS, idempotencyKeyOf } from '@steadfetch/core/kit';
import { shouldRetryHint } from '@steadfetch/server-hints';
import type { StopReason } from './events.ts';
import type { Settings } from './options.ts';
import type { Ticket } from './ticket.ts';

/** Why a refused call is not sent again after so many milliseconds; `undefined` if it is. */
export function stopReason(
  { call, left, sends }: Ticket,
  response: Response,
  wait: number,
  { methods, maxResends }: Settings,
): StopReason | undefined {
  if (call.retried === 'off') return 'off';
  if (shouldRetryHint(response) === false) return 'veto';
  const isRepeatable = IDEMPOTENT_METHODS.has(call.method) || idempotencyKeyOf(call) !== undefined;
  // The first hop may have been carried out.
  if (response.redirected && !isRepeatable) return 'redirected';
  // A 429 was refused before it was processed, whatever its method; of others, and of requests that a layer inside sent
  // before it, one cannot be so sure.
  const isUnprocessed = response.status === 429 && call.record.sends - sends <= 1;
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
