import { show } from './check.ts';
import { defineMiddleware, enterOf } from './define-middleware.ts';
import type { Middleware } from './fetch.ts';

/**
 * One stack per URL prefix, as `Session.mount` of Python's requests: the longest matching prefix wins, and a call that
 * matches none goes straight through. Scheme and host match in any case. A prefix ends at a boundary:
 * `https://api.example.com` does not match `https://api.example.com.evil.test`, nor `/v1` the path `/v10`.
 *
 * @example mount({ 'https://': retry(), 'https://api.example.com/reports/': compose(retry({ maxRetries: 5 })) })
 */
export function mount(stacks: Record<string, Middleware>): Middleware {
  if (typeof stacks !== 'object' || stacks === null || Array.isArray(stacks)) {
    throw new TypeError(`mount: expected an object, got ${show(stacks)}`);
  }
  const mounts = Object.entries(stacks).sort(([a], [b]) => b.length - a.length);
  for (const [prefix, middleware] of mounts) {
    if (typeof middleware !== 'function') {
      throw new TypeError(`mount: expected a middleware at '${prefix}', got ${String(middleware)}`);
    }
  }
  return (next) => {
    const entries = mounts.map(([prefix, middleware]) => ({
      matches: prefixMatcher(prefix),
      enter: enterOf(middleware(next)),
    }));
    return defineMiddleware((call, unmounted) => {
      const { url } = call;
      const entry = entries.find(({ matches }) => matches(url));
      return (entry?.enter ?? unmounted)(call);
    })(next);
  };
}

function prefixMatcher(prefix: string): (url: string) => boolean {
  const wanted = lowerHost(prefix);
  const closed = /[/?#=&]$/.test(wanted) || wanted === '';
  return (url) => {
    const given = lowerHost(url);
    return (
      given.startsWith(wanted) && (closed || given.length === wanted.length || /[/?#]/.test(given[wanted.length]!))
    );
  };
}

function lowerHost(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, (host) => host.toLowerCase());
}
