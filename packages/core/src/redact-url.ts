/** A URL fit for a log: no credentials, no query, no fragment. */
export function redactUrl(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^\s*([a-z][a-z0-9+.-]*:[\\/]*)[^\\/]*@/i, '$1');
}
