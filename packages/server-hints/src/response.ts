/** What is read of a response: its status and its fields, by name in any case. A `Response` is one. */
export interface HintedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null | undefined };
}

/**
 * A field value without the SP and HTAB around it (RFC 9110 §5.5), or `undefined`.
 *
 * Values with CR, LF or NUL are dropped. So are values longer than any honest one: 1,024 members of a structured list
 * fit (RFC 9651 §3.1), and what follows never works on more.
 */
export function field(response: HintedResponse, name: string): string | undefined {
  return clean(response.headers.get(name));
}

/** As `field`, for a value that is at hand. */
export function clean(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_VALUE || /[\r\n\0]/.test(value)) return undefined;
  let start = 0;
  let end = value.length;
  while (isBlank(value[start])) start++;
  while (end > start && isBlank(value[end - 1])) end--;
  return value.slice(start, end);
}

const LONGEST_VALUE = 65_536;

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
