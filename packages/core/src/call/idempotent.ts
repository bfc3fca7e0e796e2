import type { Call } from './call.ts';
import { fieldOf } from './field-of.ts';

/** RFC 9110 §9.2.2, and QUERY of RFC 10008 §2. */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
  'QUERY',
]);

/** Whether sending the request twice has the effect of sending it once, by its method or by its key. */
export function isIdempotent(call: Call): boolean {
  return IDEMPOTENT_METHODS.has(call.method) || idempotencyKeyOf(call) !== undefined;
}

/**
 * Returns the `Idempotency-Key` of the request, by which the server recognises a repetition
 * (draft-ietf-httpapi-idempotency-key-header), or the field that an outer `idempotencyKey()` uses instead. `undefined` for a
 * blank key, for `undefined` or `null`, which a wrapper inside may leave out, and for headers that `fetch` refuses.
 */
export function idempotencyKeyOf(
  call: Call,
  field: string = call.record.keyField ?? 'idempotency-key',
): string | undefined {
  try {
    const key = fieldOf(call, field)?.trim();
    return key === 'undefined' || key === 'null' ? undefined : key || undefined;
  } catch {
    return undefined;
  }
}
