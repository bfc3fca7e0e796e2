const origins = new Map<string, string>();
const MAX_ORIGINS = 1_000;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

// Most calls go where the last one went: then one comparison answers.
let lastUrl = '';
let lastPrefix = '\0';
let lastOrigin = '';

/** The origin of a URL, e.g. `https://api.example.com`; the URL itself where it has none. Remembered by its prefix. */
export function originOf(url: string): string {
  if (url === lastUrl) return lastOrigin;
  if (url.slice(0, lastPrefix.length) !== lastPrefix) lookUp(url);
  lastUrl = url;
  return lastOrigin;
}

function lookUp(url: string): void {
  const prefix = AUTHORITY.exec(absolute(url))?.[0];
  lastOrigin = prefix === undefined ? url : (origins.get(prefix) ?? parseOnce(prefix));
  lastPrefix = prefix !== undefined && url.startsWith(`${prefix}/`) ? `${prefix}/` : '\0';
}

/** The URL against the page it is used on; as given where the runtime knows no location. */
export function absolute(url: string): string {
  if (globalThis.location === undefined || SCHEME.test(url)) return url;
  try {
    return new URL(url, globalThis.location.href).href;
  } catch {
    return url;
  }
}

function parseOnce(prefix: string): string {
  const origin = parse(prefix);
  if (origins.size >= MAX_ORIGINS) origins.clear();
  origins.set(prefix, origin);
  return origin;
}

function parse(prefix: string): string {
  try {
    return new URL(prefix).origin;
  } catch {
    return prefix;
  }
}
