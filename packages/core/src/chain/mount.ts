import { normalUrl } from '../call/origin.ts';
import { optionError } from '../options/check.ts';
import { show } from '../options/show.ts';
import { defineMiddleware, toNext } from './define-middleware.ts';
import type { Middleware } from './fetch.ts';

/**
 * One stack per URL prefix, like `Session.mount` of Python's requests. The longest matching prefix wins. A call that matches
 * no prefix is passed through.
 *
 * URLs are compared as they are sent: case of scheme and host, default ports, `..`, user info, backslashes and needless
 * escapes make no difference. A prefix ends at a boundary: `https://api.example.com` does not match
 * `https://api.example.com.evil.test`, and `/v1` does not match `/v10`. A prefix is a scheme (`https://`), a URL, a path
 * (`/api/`, on the current page), or '' for all calls. Anything else could match nothing and is refused.
 *
 * @example mount({ 'https://': retry(), 'https://api.example.com/reports/': compose(retry({ maxRetries: 5 })) })
 */
export function mount(stacks: Record<string, Middleware>): Middleware {
  checkStacks(stacks);
  const mounts = new Map<string, Middleware>();
  for (const [prefix, middleware] of Object.entries(stacks)) {
    if (typeof middleware !== 'function') {
      throw new TypeError(`mount: expected a middleware at '${prefix}', got ${show(middleware)}`);
    }
    const normal = normalPrefix(prefix);
    if (mounts.has(normal)) throw new TypeError(`mount: '${prefix}' is mounted twice, in two spellings`);
    mounts.set(normal, middleware);
  }
  const longestFirst = [...mounts].sort(([a], [b]) => b.length - a.length);
  return (next) => {
    const entries = longestFirst.map(([prefix, middleware]) => ({
      matches: prefixMatcher(prefix),
      enter: toNext(middleware(next)),
    }));
    return defineMiddleware((call, unmounted) => {
      const { url } = call;
      const sent = normalUrl(url) ?? url;
      const entry = entries.find(({ matches }) => matches(sent));
      return (entry?.enter ?? unmounted)(call);
    })(next);
  };
}

function checkStacks(stacks: unknown): void {
  if (typeof stacks !== 'object' || stacks === null || Array.isArray(stacks)) {
    throw optionError('mount', 'an object', stacks);
  }
  // such as a Map, whose entries are not properties
  const prototype = Object.getPrototypeOf(stacks);
  if (Object.keys(stacks).length === 0 && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError(
      `mount: expected an object of prefixes, got ${show(stacks)}; for a Map, use Object.fromEntries`,
    );
  }
}

function normalPrefix(prefix: string): string {
  if (prefix === '') return prefix;
  if (/^[a-z][a-z0-9+.-]*:(?:\/\/)?$/i.test(prefix)) return prefix.toLowerCase();
  // 'localhost:3000/' is refused: `URL` would read `localhost` as its scheme
  const normal = /^\s*(?:[a-z][a-z0-9+.-]*:[\\/]|data:|blob:|[\\/])/i.test(prefix) ? normalUrl(prefix) : undefined;
  if (normal === undefined || /^[^/]*\/\/[^/]*\*/.test(normal)) {
    throw new TypeError(
      `mount: expected a prefix such as 'https://', 'https://api.example.com/v1' or '/v1', got ${show(prefix)}`,
    );
  }
  return normal;
}

function prefixMatcher(wanted: string): (url: string) => boolean {
  const closed = /[/?=&:]$/.test(wanted) || wanted === '';
  return (url) =>
    url.startsWith(wanted) && (closed || url.length === wanted.length || /[/?]/.test(url[wanted.length]!));
}
