import { defineMiddleware, discard, type Middleware, onAbort } from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { copyOf } from './copies.ts';
import { again } from './repeats.ts';
import { sleep } from './sleep.ts';
import type { WrongMiddlewares } from './table.ts';

export const wrongLeftovers: WrongMiddlewares = {
  'leaves no rejection unhandled': {
    'keeps a copy, and does not hear that it has broken off': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.ok && response.headers.has('cache-control')) void response.clone().text();
      return response;
    },
    'renews a kept answer, and hears no failure of it': (next) => {
      const kept = new Map<string, Response>();
      return async (input, init) => {
        const key = String(input);
        const last = kept.get(key)?.clone();
        const renewed = next(input, init).then((response) => {
          if (response.headers.has('cache-control')) kept.set(key, response.clone());
          return response;
        });
        return last ?? renewed;
      };
    },
    'has a promise of the abort that nobody awaits': (next) => (input, init) => {
      void new Promise((_, reject) => init?.signal?.addEventListener('abort', reject));
      return next(input, init);
    },
    'cancels a failure whose body has broken off': (next) =>
      again(
        next,
        async (input, init) => next(input, init),
        (response) => void response.body?.cancel(),
      ),
    'does not hear that its log has failed': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status >= 500) void Promise.reject(new Error('the log is full'));
      return response;
    },
    'follows it twice': (next) => (input, init) => {
      const answer = next(input, init);
      void answer.then(() => {});
      return answer;
    },
  },
  'keeps the process alive while it waits': {
    'waits by a timer that does not, before it repeats': waitingUnheld(503, ['GET', 'PUT']),
    'waits by such a timer before it sends an order again': waitingUnheld(429, ['POST']),
  },
  'leaves no timer behind': {
    'limits each attempt by one, and clears the last': defineMiddleware(async (call, next) => {
      let timer: NodeJS.Timeout | undefined;
      const attempt = (): Promise<Response> => {
        timer = setTimeout(() => {}, 60_000);
        return next(keepBody(call));
      };
      try {
        const response = await attempt();
        if (response.status !== 503 || call.method !== 'GET') return response;
        discard(response);
        await sleep(1, call.signal);
        return await attempt();
      } finally {
        clearTimeout(timer);
      }
    }),
    'keeps the timers of two calls in one place': (next) => {
      let timer: NodeJS.Timeout;
      return async (...call) => {
        timer = setTimeout(() => {}, 60_000);
        return next(...call).finally(() => clearTimeout(timer));
      };
    },
    'races with one':
      (next) =>
      (...call) =>
        Promise.race([
          next(...call),
          new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), 60_000)),
        ]),
    'waits with one that an abort leaves':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status !== 503) return response;
        await new Promise((resolve, reject) => {
          setTimeout(resolve, 60_000).unref();
          call[1]?.signal?.addEventListener('abort', reject, { once: true });
        });
        return next(...call);
      },
    'clears it after a response alone':
      (next) =>
      async (...call) => {
        const timer = setTimeout(() => {}, 60_000);
        const response = await next(...call);
        clearTimeout(timer);
        return response;
      },
    'looks at the time in between':
      (next) =>
      (...call) => {
        const timer = setInterval(() => {}, 60_000);
        return next(...call).catch((error) => {
          clearInterval(timer);
          throw error;
        });
      },
  },
  "leaves no listener on the caller's signal": {
    'on that of init': (next) => (input, init) => {
      init?.signal?.addEventListener('abort', () => {});
      return next(input, init);
    },
    'on that of a Request': (next) => async (input, init) => {
      if (input instanceof Request) input.signal.addEventListener('abort', () => {});
      return next(input, copyOf(init));
    },
    'after a wait that has ended': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      if (response.status !== 503) return response;
      await new Promise((resolve) => {
        setTimeout(resolve, 0);
        init?.signal?.addEventListener('abort', resolve, { once: true });
      });
      return next(input, copyOf(init));
    },
    'after a wait for others': (next) => {
      let left = 3;
      return async (input, init) => {
        if (left-- <= 0)
          await new Promise((resolve, reject) => {
            setTimeout(resolve, 0);
            init?.signal?.addEventListener('abort', reject);
          });
        return next(input, init);
      };
    },
    'on one that has aborted': (next) => async (input, init) => {
      const listener = () => {};
      init?.signal?.addEventListener('abort', listener);
      const response = await next(input, init).catch((error: unknown) => {
        if (!init?.signal?.aborted) init?.signal?.removeEventListener('abort', listener);
        throw error;
      });
      init?.signal?.removeEventListener('abort', listener);
      return response;
    },
  },
};

/** Sends a call again after this status, and waits for that by a timer that keeps no process alive. */
function waitingUnheld(status: number, methods: readonly string[]): Middleware {
  return defineMiddleware(async (call, next) => {
    const response = await next(keepBody(call));
    if (response.status !== status || !methods.includes(call.method) || !call.replayable) return response;
    discard(response);
    await new Promise<void>((resolve, reject) => {
      const release = onAbort(call.signal, reject);
      setTimeout(() => resolve(release()), 100).unref();
    });
    return next(call);
  });
}
