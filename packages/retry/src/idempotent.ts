import { type Call, notify } from '@steadfetch/core';
import { idempotencyKeyOf } from '@steadfetch/core/kit';
import type { Policy } from './policy.ts';

/**
 * Whether sending the request twice has the effect of sending it once: by method, by key, or because someone says so.
 *
 * Asked of the call as it was made, before anything below changes it. No error says as much: a redirect, the source of a
 * body or a call that the fetch inside makes of its own can fail with any code after the request was acted on.
 */
export function isRepeatable(call: Call, { methods, idempotent }: Policy): boolean {
  return methods.has(call.method) || idempotencyKeyOf(call) !== undefined || isTrue(idempotent(call));
}

/** A promise is no answer; it is let go, since it may reject. */
function isTrue(answer: unknown): boolean {
  if (typeof answer !== 'boolean') notify((late) => late, answer);
  return answer === true;
}
