import { type Call, defineMiddleware, discard, type Middleware, type Next, onAbort } from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import type { WrongMiddlewares } from './table.ts';

const isWrite = ({ method }: Call): boolean => method === 'PUT' || method === 'POST';

/** Sends what writes one after the other, and all else at once. */
const inLine = (
  add: (last: Promise<unknown>, send: () => Promise<Response>) => [Promise<Response>, Promise<unknown>],
) =>
  ((): Middleware => {
    let last: Promise<unknown> = Promise.resolve();
    return defineMiddleware((call, next) => {
      if (!isWrite(call)) return next(call);
      const [answer, tail] = add(last, () => next(call));
      last = tail;
      return answer;
    });
  })();

/** What is wrong with writes alone, by the name of the check that finds it. */
export const wrongWrites: WrongMiddlewares = {
  'hands on methods and headers as they are written': {
    'sends a DELETE as a POST': defineMiddleware((call, next) => {
      if (call.method !== 'DELETE') return next(call);
      const headers = new Headers([...call.headers, ['x-http-method-override', 'DELETE']]);
      return next(call.with({ init: { ...call.init, method: 'POST' }, headers }));
    }),
    'sends a PATCH as a POST': defineMiddleware((call, next) => {
      if (call.method !== 'PATCH') return next(call);
      const headers = new Headers([...call.headers, ['x-http-method-override', 'PATCH']]);
      return next(call.with({ init: { ...call.init, method: 'POST' }, headers }));
    }),
    'writes over what it has read last, whichever its caller has read': defineMiddleware((call, next) => {
      const headers = new Headers(call.headers);
      if (call.method === 'PUT') headers.set('if-match', '"2"');
      return next(call.with({ headers }));
    }),
    'asks for the whole of which its caller wants a part': defineMiddleware((call, next) => {
      const headers = new Headers(call.headers);
      headers.delete('range');
      return next(call.with({ headers }));
    }),
  },
  'rejects with the error of next itself': {
    'fails all later writes with the error of one': inLine((last, send) => {
      const answer = last.then(send);
      return [answer, answer];
    }),
  },
  "rejects with the caller's abort reason": {
    'hears no abort in a queue of writes': inLine((last, send) => {
      const answer = last.then(send);
      return [answer, answer.catch(() => {})];
    }),
    'has an error of its own for an upload that is aborted': (next) => (input, init) =>
      next(input, init).catch((error) => {
        if (init?.body && init.signal?.aborted) throw new Error('the upload was aborted', { cause: error });
        throw error;
      }),
  },
  'answers after calls that were aborted': {
    'keeps its lock where a write is aborted': (next) => {
      let last: Promise<unknown> = Promise.resolve();
      return defineMiddleware(async (call, send) => {
        if (!isWrite(call)) return send(call);
        const before = last;
        let release = (): void => {};
        last = new Promise<void>((resolve) => {
          release = resolve;
        });
        const aborted = new Promise((_, reject) => void onAbort(call.signal, reject));
        await Promise.race([before, aborted]);
        const response = await send(call);
        release();
        return response;
      })(next);
    },
  },
  'leaves no rejection unhandled': {
    'writes down what was answered to a write': (next) => (input, init) => {
      const answer = next(input, init);
      if (init?.method === 'POST') void answer.then(({ status }) => status);
      return answer;
    },
  },
  'leaves no timer behind': {
    'limits an upload with one': (next) => async (input, init) => {
      if (!init?.body || !init.signal) return next(input, init);
      const limit = new AbortController();
      setTimeout(() => limit.abort(), 60_000).unref();
      return next(input, { ...init, signal: AbortSignal.any([init.signal, limit.signal]) });
    },
  },
  "leaves no listener on the caller's signal": {
    'where something is uploaded': (next) => async (input, init) => {
      if (init?.body) init.signal?.addEventListener('abort', () => {});
      return next(input, init);
    },
  },
  'tells of a body that breaks off': {
    'sends a POST again whose events break off': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.headers.get('content-type') !== 'text/event-stream') return response;
      const { readable, writable } = new TransformStream();
      void response
        .body!.pipeTo(writable, { preventAbort: true })
        .catch(async () => (await next(input, init)).body!.pipeTo(writable))
        .catch(() => {});
      return new Response(readable, response);
    },
  },
  'gives a 404, a 302 and a 204 as any other response': {
    'writes over what another has changed': defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      const etag = response.headers.get('etag');
      if (call.method !== 'PUT' || response.status !== 412 || etag === null) return response;
      discard(response);
      return next(call.with({ headers: new Headers([...call.headers, ['if-match', etag]]) }));
    }),
    'sends a POST once more where it says what was made': defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 303) return response;
      discard(response);
      return next(call.with({ input: response.headers.get('location')! }));
    }),
  },
  'serves two fetches at once': {
    'sends what writes by the first': (() => {
      let first: Next | undefined;
      return defineMiddleware((call, next) => {
        if (!isWrite(call)) return next(call);
        first ??= next;
        return first(call);
      });
    })(),
  },
  'keeps concurrent calls apart': {
    'sends writes in the context of another': defineMiddleware(
      (() => {
        let isBusy = false;
        const waiting: (() => void)[] = [];
        return (call, next) => {
          if (!isWrite(call)) return next(call);
          return new Promise<Response>((resolve, reject) => {
            const send = () => {
              isBusy = true;
              void next(call)
                .then(resolve, reject)
                .finally(() => {
                  isBusy = false;
                  waiting.shift()?.();
                });
            };
            if (isBusy) waiting.push(send);
            else send();
          });
        };
      })(),
    ),
    'aborts the same call before': (next) => {
      const open = new Map<string, AbortController>();
      return defineMiddleware((call, send) => {
        const key = JSON.stringify([call.method, call.url, String(call.init?.body), ...call.headers]);
        open.get(key)?.abort();
        const own = new AbortController();
        open.set(key, own);
        return send(call.with({ signal: call.signal ? AbortSignal.any([call.signal, own.signal]) : own.signal }));
      })(next);
    },
  },
};
