import { type Call, IDEMPOTENT_METHODS, idempotencyKeyOf } from '@steadfetch/core';
import type { RateLimitGiveUpEvent } from './events.ts';
import type { Refusal } from './hear.ts';
import type { Settings } from './options.ts';

/** Where a call stands when it is refused. */
export interface Standing {
  /** Milliseconds that it may still be held. */
  readonly left: number;
  readonly resends: number;
  /** Milliseconds until the gate opens. */
  readonly wait: number;
}

/** Why a refused call is not sent again; `undefined` if it is. */
export function reasonToStop(
  call: Call,
  { status, asked }: Refusal,
  { left, resends, wait }: Standing,
  { methods, maxResends }: Settings,
): RateLimitGiveUpEvent['reason'] | undefined {
  if (!mayResend(call, status, methods)) return 'method';
  if (!call.replayable) return 'body-not-replayable';
  if (resends >= maxResends) return 'max-resends';
  const needed = asked ?? wait;
  if (needed > call.remaining()) return 'deadline';
  return needed > left ? 'max-wait' : undefined;
}

/** A 429 was refused before it was processed, whatever its method; of others one cannot be so sure. */
function mayResend(call: Call, status: number, methods: ReadonlySet<string> | undefined): boolean {
  if (methods) return methods.has(call.method.toUpperCase());
  return status === 429 || IDEMPOTENT_METHODS.has(call.method) || idempotencyKeyOf(call) !== undefined;
}
