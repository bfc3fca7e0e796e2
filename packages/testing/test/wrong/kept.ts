import { type Call, defineMiddleware, discard, type Middleware } from '@steadfetch/core';

/** What is kept of a call, or sent along, where it must not be. */
export const wrongKeeping: Readonly<Record<string, Middleware>> = {
  'gives what it has kept for one user to another': keepingFor((call) => `${call.url} ${call.headers.get('x-a')}`),
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

/** Keeps good answers that may be kept. */
function keepingFor(keyOf: (call: Call) => string): Middleware {
  return (next) => {
    const kept = new Map<string, Response>();
    return defineMiddleware(async (call, following) => {
      if (call.method !== 'GET') return following(call);
      const last = kept.get(keyOf(call));
      if (last) return last.clone();
      const response = await following(call);
      const mayKeep = response.headers.get('cache-control')?.includes('max-age');
      if (response.status === 200 && mayKeep) kept.set(keyOf(call), response.clone());
      return response;
    })(next);
  };
}
