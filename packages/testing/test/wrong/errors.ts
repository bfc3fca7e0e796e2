import { defineMiddleware, discard } from '@steadfetch/core';
import { afterError } from './repeats.ts';
import type { WrongMiddlewares } from './table.ts';

export const wrongErrors: WrongMiddlewares = {
  'rejects when next throws instead of rejecting': {
    'is not async': (next) => (input, init) => next(input, init),
  },
  'rejects with the error of next itself': {
    'sends a Request or a stream again that was sent before': (next) => afterError(next, next),
    'leaves a 503 unread where the repetition fails': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503 || init?.method !== undefined || input instanceof Request) return response;
      const second = await next(input, init);
      discard(response);
      return second;
    },
    'ends all later calls by a signal that one failure has ended': (next) => {
      const all = new AbortController();
      return defineMiddleware(async (call, send) => {
        const signal = call.signal ? AbortSignal.any([call.signal, all.signal]) : all.signal;
        return send(call.with({ signal })).catch((error) => {
          if (!call.signal?.aborted) all.abort(error);
          throw error;
        });
      })(next);
    },
    'gives the last good answer again': (next) => {
      let good: Response | undefined;
      return async (...call) => {
        try {
          const response = await next(...call);
          if (response.ok) good = response;
          return response;
        } catch (error) {
          if (good) return good;
          throw error;
        }
      };
    },
    'makes a response of the last good answer': (next) => {
      let good: ResponseInit | undefined;
      return async (...call) => {
        try {
          const response = await next(...call);
          if (response.ok) good = { status: response.status, headers: new Headers(response.headers) };
          return response;
        } catch (error) {
          if (good) return new Response('[]', good);
          throw error;
        }
      };
    },
    'keeps it for other calls': (next) => {
      const kept = new Map<string, Promise<Response>>();
      return (input, init) => {
        const answer = kept.get(String(input)) ?? next(input, init);
        answer.catch(() => kept.set(String(input), answer));
        return answer;
      };
    },
    'repeats without an end': (next) => async (input, init) => {
      for (;;) {
        try {
          return await next(input, init);
        } catch {}
      }
    },
    'tells of an error that an answer has followed': (next) => async (input, init) => {
      let failed: unknown;
      for (let left = 3; left > 0; left--) {
        try {
          const response = await next(input, init);
          if (response.status !== 503 || failed === undefined) return response;
          discard(response);
        } catch (error) {
          failed = error;
        }
      }
      throw failed;
    },
    'gives an answer that it has dropped, since an error has followed': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      discard(response);
      return next(input, init).catch(() => response);
    },
    'tells of the first attempt': (next) => async (input, init) => {
      try {
        return await next(input, init);
      } catch (error) {
        return next(input, init).catch(() => Promise.reject(error));
      }
    },
    'writes on it': (next) => (input, init) =>
      next(input, init).catch((error) => Promise.reject(Object.assign(error, { message: 'GET failed' }))),
    'counts on it, and does not hear that it cannot': (next) => (input, init) =>
      next(input, init).catch((error) => {
        Reflect.set(error, 'attempts', 1);
        throw error;
      }),
    'makes an Error of it':
      (next) =>
      (...call) =>
        next(...call).catch((error) => Promise.reject(error instanceof Error ? error : new Error(String(error)))),
    'tells of all attempts': (next) => (input, init) =>
      next(input, init)
        .catch((error) => (error instanceof TypeError ? next(input, init) : Promise.reject(error)))
        .catch((error) => Promise.reject(error instanceof TypeError ? new AggregateError([error]) : error)),
    'copies it':
      (next) =>
      (...call) =>
        next(...call).catch((error) =>
          Promise.reject(Object.assign(Object.create(Object.getPrototypeOf(error)), error)),
        ),
    'never ends':
      (next) =>
      (...call) =>
        next(...call).catch(() => new Promise<never>(() => {})),
    'wraps it': (next) => (input, init) =>
      next(input, init).catch((cause) => Promise.reject(new Error('failed', { cause }))),
    'answers instead': (next) => (input, init) => next(input, init).catch(() => new Response(null, { status: 503 })),
  },
};
