const origins = new Map<string, string>();
const MAX_ORIGINS = 1_000;
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** The origin of a URL, e.g. `https://api.example.com`; the URL itself where it has none. Remembered by its prefix. */
export function originOf(url: string): string {
  const prefix = AUTHORITY.exec(url)?.[0];
  if (prefix === undefined) return url;
  const known = origins.get(prefix);
  if (known !== undefined) return known;
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
