import type { Call } from './call.ts';
import type { HeadersInit } from './platform-types.ts';

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

/**
 * The non-blank `Idempotency-Key` of the request, by which the server recognises a repetition
 * (draft-ietf-httpapi-idempotency-key-header); or the field that an outer `idempotencyKey()` uses instead. `undefined`
 * for invalid headers, which `fetch` refuses.
 */
export function idempotencyKeyOf(
  call: Call,
  field: string = call.record.keyField ?? 'idempotency-key',
): string | undefined {
  const headers = call.init?.headers;
  try {
    if (headers ? !mayHave(headers, field) : typeof call.input === 'string') return undefined;
    return call.headers.get(field)?.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** False for an object without such a name, which is the rule. To make `Headers` of it would take a microsecond. */
function mayHave(headers: HeadersInit, field: string): boolean {
  return Symbol.iterator in headers || Object.keys(headers).some((name) => name.toLowerCase() === field.toLowerCase());
}
