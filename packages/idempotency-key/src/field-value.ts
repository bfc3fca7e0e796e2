import { optionError } from '@steadfetch/core/kit';

/** Without parts that overlap: a long key must not take the square of its length. */
const PRINTABLE = /^ *[\x21-\x7e][\x20-\x7e]*$/;

/** A string of RFC 9651 §3.3.3, in its quotes. */
const QUOTED = /^"(?:[^"\\]|\\["\\])+"$/;

/**
 * The field value of a generated key: a string of RFC 9651 §3.3.3 with its quotes, or the key itself. One that comes
 * quoted is not quoted again. Anything but printable ASCII is refused, so that a key cannot end the field and begin
 * another.
 */
export function fieldValue(key: unknown, format: 'quoted' | 'raw'): string {
  if (typeof key !== 'string') {
    throw optionError('idempotencyKey: generate', 'it to return a string', key);
  }
  if (!PRINTABLE.test(key)) {
    throw optionError('idempotencyKey: generate', 'it to return printable ASCII', key);
  }
  return format === 'raw' || QUOTED.test(key) ? key : `"${key.replace(/["\\]/g, '\\$&')}"`;
}
