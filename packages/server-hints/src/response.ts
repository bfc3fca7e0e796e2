import { readField } from '@steadfetch/core/kit';

/** The parts of a response that are read: a `Response` has them. `get` finds a field by its name in any case. */
export interface HintedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null | undefined };
}

/** The cleaned value of a field; `undefined` also if the response has no headers, such as one made for a test. */
export function field({ headers }: HintedResponse, name: string): string | undefined {
  return clean(readField(headers, name));
}

/**
 * Strips SP and HTAB around a value (RFC 9110 §5.5): real responses keep them at the end.
 *
 * Returns `undefined` for a value with CR, LF or NUL, or one that is too long.
 */
export function clean(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || /[\r\n\0]/.test(value)) return undefined;
  return /^[ \t]*(.*[^ \t])?/s.exec(value)![1] ?? '';
}

/** Enough for the 1,024 members of a structured list that every parser must accept (RFC 9651 §3.1). */
const MAX_LENGTH = 65_536;
