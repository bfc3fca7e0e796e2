import { type Call, defineMiddleware, discard, type Middleware } from '@steadfetch/core';

/** What is kept of a call, or sent along, where it must not be. */
export const wrongKeeping: Readonly<Record<string, Middleware>> = {
  'gives a kept answer to a call that wants a new one': keeping({ hearsWrites: true }),
  'gives a kept answer that a PUT has changed': keeping({ hearsReload: true }),
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

/** Keeps good answers as long as they may be kept. */
function keeping({ hearsReload = false, hearsWrites = false }): Middleware {
  return (next) => {
    const kept = new Map<string, Response>();
    return defineMiddleware(async (call, following) => {
      const { method, init } = call;
      if (method === 'PUT' && hearsWrites) kept.clear();
      const last = method === 'GET' ? kept.get(keyOf(call)) : undefined;
      if (last && !(hearsReload && init?.cache === 'reload')) return last.clone();
      const response = await following(call);
      const mayKeep = method === 'GET' && response.headers.get('cache-control')?.includes('max-age');
      if (response.status === 200 && mayKeep) kept.set(keyOf(call), response.clone());
      return response;
    })(next);
  };
}
