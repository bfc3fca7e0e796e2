import { encodeControls } from '../options/show.ts';

/** A URL of which nothing is left out, as most are. */
const HAS_NONE = /^https?:\/\/[\w.~:/%!$&'()*+,;=-]*$/;

/**
 * A URL fit for a log: on one line, without credentials, query and fragment; of a `data:` URL only the scheme.
 */
export function redactUrl(url: string): string {
  if (HAS_NONE.test(url)) return url;
  const redacted = url
    .replace(/[?#].*$/s, '')
    .replace(/^[\0- ]+|[\t\n\r]/g, '') // `fetch` ignores them
    .replace(/^(data:).*$/is, '$1')
    .replace(/^([a-z][a-z0-9+.-]*:[\\/]*|[\\/]{2,})[^\\/]*@/i, '$1');
  return encodeControls(redacted);
}
