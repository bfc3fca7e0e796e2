import { optionError } from '@steadfetch/core/kit';

/** Its parts do not overlap, so that the time to match a long key is linear in its length. */
const PRINTABLE = /^ *[\x21-\x7e][\x20-\x7e]*$/;

/** A string of RFC 9651 §3.3.3, in its quotes. */
const QUOTED = /^"(?:[^"\\]|\\["\\])+"$/;

/**
 * Returns the field value of a generated key: a string of RFC 9651 §3.3.3 with its quotes, or the key itself. A key that is
 * already quoted is not quoted again. Throws for anything but printable ASCII, so that a key cannot end the field and
 * begin another.
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
