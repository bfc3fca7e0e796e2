/**
 * A URL fit for a log: on one line, without credentials, query and fragment; of a `data:` URL only the scheme.
 */
export function redactUrl(url: string): string {
  return url
    .replace(/[?#].*$/s, '')
    .replace(/^[\0- ]+|[\t\n\r]/g, '') // `fetch` ignores them
    .replace(/^(data:).*$/is, '$1')
    .replace(/^([a-z][a-z0-9+.-]*:[\\/]*|[\\/]{2,})[^\\/]*@/i, '$1')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, encodeURIComponent);
}
