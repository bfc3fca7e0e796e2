import { type Call, defineMiddleware, discard, type Middleware } from '@steadfetch/core';

/** What is kept of a call, or sent along, where it must not be. */
export const wrongKeeping: Readonly<Record<string, Middleware>> = {
  'gives a kept answer to a call that wants a new one': keeping({ wants: [] }),
  'gives a kept answer to a call that wants nothing of a cache': keeping({ wants: ['reload'] }),
  'gives a kept answer that a PUT has changed': keeping({ writes: [] }),
  'gives a kept answer that a DELETE has changed': keeping({ writes: ['PUT', 'POST', 'PATCH'] }),
  'gives a kept answer of last week': keeping({ lasts: Number.POSITIVE_INFINITY }),
  'keeps what the server forbids to keep': keeping({ allows: /./ }),
  'gives what it has kept for one user to another': keeping({ of: (call) => `${call.url} ${call.headers.get('x-a')}` }),
  'gives a 304 for what another has asked since': (next) => {
    const dates = new Map<string, string>();
    return defineMiddleware(async (call, following) => {
      const headers = new Headers(call.headers);
      const date = dates.get(keyOf(call));
      if (call.method === 'GET' && date) headers.set('if-modified-since', date);
      const response = await following(call.with({ headers }));
      const changed = response.headers.get('last-modified');
      if (changed) dates.set(keyOf(call), changed);
      return response;
    })(next);
  },
  'asks with a PUT whether something has changed': (next) => {
    const etags = new Map<string, string>();
    return defineMiddleware(async (call, following) => {
      const etag = etags.get(keyOf(call));
      if (call.method === 'PUT' && etag) {
        const headers = new Headers(call.headers);
        headers.set('if-none-match', etag);
        return following(call.with({ headers }));
      }
      const response = await following(call);
      if (response.headers.has('etag')) etags.set(keyOf(call), response.headers.get('etag')!);
      return response;
    })(next);
  },
  'follows a redirect to another origin with the credentials of the call': defineMiddleware(async (call, next) => {
    const response = await next(call);
    const location = response.headers.get('location');
    const isFollowed = (call.init?.redirect ?? 'follow') === 'follow' && call.method === 'GET';
    if (response.status !== 302 || location === null || !isFollowed) return response;
    discard(response);
    return next(call.with({ input: new URL(location, call.url).href }));
  }),
  'sends the credentials of the first call in place of those of another': (next) => {
    let first: string | null = null;
    return defineMiddleware((call, following) => {
      const own = call.headers.get('authorization');
      first ??= own;
      if (own === null) return following(call);
      const headers = new Headers(call.headers);
      headers.set('authorization', first!);
      return following(call.with({ headers }));
    })(next);
  },
};

function keyOf(call: Call): string {
  return `${call.url} ${[...call.headers]}`;
}

interface Keeping {
  wants?: string[];
  writes?: string[];
  lasts?: number;
  allows?: RegExp;
  of?: (call: Call) => string;
}

/** Keeps good answers as long as they may be kept. */
function keeping({
  wants = ['reload', 'no-store', 'no-cache'],
  writes = ['PUT', 'POST', 'PATCH', 'DELETE'],
  lasts = 60_000,
  allows = /max-age/,
  of = keyOf,
}: Keeping = {}): Middleware {
  return (next) => {
    const kept = new Map<string, { response: Response; until: number }>();
    return defineMiddleware(async (call, following) => {
      const { method, init } = call;
      if (writes.includes(method)) kept.clear();
      const last = method === 'GET' ? kept.get(of(call)) : undefined;
      if (last && Date.now() < last.until && !wants.includes(String(init?.cache))) return last.response.clone();
      const response = await following(call);
      const mayKeep = method === 'GET' && allows.test(response.headers.get('cache-control') ?? '');
      if (response.status === 200 && mayKeep)
        kept.set(of(call), { response: response.clone(), until: Date.now() + lasts });
      return response;
    })(next);
  };
}
