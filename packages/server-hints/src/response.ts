import { readField } from '@steadfetch/core/kit';

/** What is read of a response: its status and its fields, by name in any case. A `Response` is one. */
export interface HintedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null | undefined };
}

/** The value of a field, as `clean` leaves it. A response made for a test may have no fields. */
export function field({ headers }: HintedResponse, name: string): string | undefined {
  return clean(readField(headers, name));
}

/**
 * A value without the SP and HTAB around it (RFC 9110 §5.5), which real responses keep at the end.
 *
 * Values with CR, LF or NUL are dropped, and so are those longer than any honest one: 1,024 members of a structured
 * list fit (RFC 9651 §3.1).
 */
export function clean(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_VALUE || /[\r\n\0]/.test(value)) return undefined;
  return /^[ \t]*(.*[^ \t])?/s.exec(value)![1] ?? '';
}

const LONGEST_VALUE = 65_536;
