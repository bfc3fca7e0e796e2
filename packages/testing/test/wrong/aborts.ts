import { setTimeout as delay } from 'node:timers/promises';
import {
  Call,
  defineMiddleware,
  discard,
  type Middleware,
  onAbort,
  settle,
  throwIfAborted,
  unwrap,
} from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { afterError } from './repeats.ts';
import { sleep } from './sleep.ts';
import type { WrongMiddlewares } from './table.ts';
import { untilRead } from './until-read.ts';

export const wrongAborts: WrongMiddlewares = {
  "rejects with the caller's abort reason": {
    'sleeps through an abort where a 503 says when': defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 503 || call.method !== 'GET') return response;
      discard(response);
      const after = response.headers.get('retry-after');
      await (after ? delay(Number(after) * 1_000) : sleep(100, call.signal));
      return next(call);
    }),
    'repeats it without the signal, after a wait that hears it': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      discard(response);
      await sleep(1, init?.signal ?? (input as Request).signal);
      return next(input, { ...init, signal: null });
    },
    'repeats it after an error without the signal': (next) =>
      afterError(next, (input, init) => next(input, { ...init, signal: null })),
    'answers in place of an AbortError': (next) => (input, init) =>
      next(input, init).catch((error) => {
        if (error?.name === 'AbortError' && init?.signal?.aborted) return new Response(null, { status: 499 });
        throw error;
      }),
    'has an error of its own where the caller sets a time limit': (next) => (input, init) =>
      next(input, init).catch((error) => {
        if (error?.name === 'TimeoutError' && init?.signal?.aborted) throw new Error('too slow', { cause: error });
        throw error;
      }),
    'repeats a call whose time limit is over': (next) => (input, init) =>
      next(input, init).catch((error) => {
        if (error?.name === 'TimeoutError' && !(input instanceof Request))
          return next(input, { ...init, signal: null });
        throw error;
      }),
    'sleeps through an abort between two questions for a result': (next) => async (input, init) => {
      let response = await next(input, init);
      while (response.status === 202 && response.headers.has('location')) {
        discard(response);
        await delay(Number(response.headers.get('retry-after')) * 1_000);
        const { url, signal } = Call.from(input, init);
        response = await next(new URL(response.headers.get('location')!, url), { signal: signal ?? null });
      }
      return response;
    },
    'sleeps through an abort until a quota is renewed that is told in one field': (next) => {
      let until = 0;
      return async (input, init) => {
        if (Date.now() < until) await delay(until - Date.now());
        const response = await next(input, init);
        const told = /;r=0;t=(\d+)/.exec(response.headers.get('ratelimit') ?? '');
        if (told) until = Date.now() + Number(told[1]) * 1_000;
        return response;
      };
    },
    'sleeps through an abort until a told quota is renewed': (next) => {
      let until = 0;
      return async (input, init) => {
        if (Date.now() < until) await delay(until - Date.now());
        const response = await next(input, init);
        const { headers } = response;
        if (headers.get('x-ratelimit-remaining') === '0')
          until = Date.now() + Number(headers.get('x-ratelimit-reset')) * 1_000;
        return response;
      };
    },
    'sleeps through an abort after a 403': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 403) return response;
      discard(response);
      await delay(5_000);
      return next(input, init);
    },
    'sleeps through an abort after a 429': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 429) return response;
      await delay(Number(response.headers.get('retry-after')) * 1000, undefined, { ref: false });
      return next(input, init);
    },
    'holds other calls back after a 429 whatever their signals say': (next) => {
      let until = 0;
      return async (input, init) => {
        if (until > Date.now()) await delay(until - Date.now(), undefined, { ref: false });
        const response = await next(input, init);
        if (response.status === 429) until = Date.now() + Number(response.headers.get('retry-after')) * 1000;
        return response;
      };
    },
    'hears the signal of init alone': (next) => (input, init) => {
      const signal = init?.signal ?? new AbortController().signal;
      return next(input, { ...init, signal });
    },
    'has a DOMException in its place': (next) => (input, init) =>
      next(input, init).catch((error) => {
        const { signal } = init ?? {};
        throw signal?.aborted && !(error instanceof Error) ? new DOMException('aborted', 'AbortError') : error;
      }),
    'replaces a reason that is null': (next) => (input, init) =>
      next(input, init).catch((error) => Promise.reject(error ?? new Error('aborted'))),
    'replaces the signal by its own': (next) => (input, init) =>
      next(input, { ...init, signal: AbortSignal.timeout(60_000) }),
    'sleeps through an abort before it repeats': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
      return next(input, init);
    },
    'gives the failure that it has dropped': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      discard(response);
      return sleep(20, init?.signal).then(
        () => next(input, init),
        () => response,
      );
    },
    'waits until a 401 is cancelled before it renews a token': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 401 || !init?.signal) return response;
      await response.body?.cancel();
      return next(input, init);
    },
    'waits until a failure is cancelled before it repeats': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      await response.body?.cancel();
      return next(input, init);
    },
    'sleeps through an abort after an error': (next) => (input, init) =>
      next(input, init).catch(async (error) => {
        if (!(error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
        return next(input, init);
      }),
    'hears no abort of a Request before it repeats': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      await sleep(1_000, init?.signal);
      return next(input, init);
    },
    'has the error of its timer': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      await delay(1_000, undefined, { signal: init?.signal ?? (input as Request).signal, ref: false });
      return next(input, init);
    },
    'repeats it without the signal': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 503 ? next(input, { ...init, signal: null }) : response;
    },
    'has an error of its own for who leaves a queue': (next) => {
      let left = 3;
      return (input, init) => {
        if (left-- > 0) return next(input, init);
        return sleep(1_000, init?.signal ?? (input as Request).signal).then(
          () => next(input, init),
          () => Promise.reject(new DOMException('left', 'AbortError')),
        );
      };
    },
    'hears no abort of a Request in a queue': (next) => {
      let left = 3;
      return async (input, init) => {
        if (left-- <= 0) await sleep(1_000, init?.signal);
        return next(input, init);
      };
    },
    'hears no abort in a queue': (next) => {
      let last: Promise<unknown> = Promise.resolve();
      return (...call) => {
        const answer = last.then(() => next(...call));
        last = answer.catch(() => {});
        return answer;
      };
    },
    'never ends after an abort': (next) => (input, init) =>
      new Promise((resolve, reject) => {
        next(input, init).then(resolve, (error) => {
          if (!(init?.signal ?? (input as Request).signal).aborted) reject(error);
        });
      }),
    'has an error of its own': (next) => (input, init) =>
      next(input, init).catch(() => Promise.reject(new Error('aborted'))),
    'hands no signal on': (next) => (input, init) => next(input, { ...init, signal: null }),
    'rejects, and lets next go on': (next) => (input, init) => {
      const signal = init?.signal ?? (input as Request).signal;
      return new Promise((resolve, reject) => {
        if (signal?.aborted) reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        next(input, { ...init, signal: null }).then(resolve, reject);
      });
    },
  },
  'ends each attempt that it gives up': {
    'leaves one open that takes too long':
      (next) =>
      (...call) => {
        const limit = AbortSignal.timeout(20);
        return Promise.race([next(...call), new Promise<never>((_, reject) => onAbort(limit, reject))]);
      },
    'leaves the slower of two open': defineMiddleware(async (call, next) => {
      const first = next(call);
      const second = sleep(20, call.signal).then(() => next(call));
      return Promise.race([first, second]);
    }),
  },
  'answers after calls that were aborted': {
    'keeps the slot of a call that failed': (next) => {
      let free = 3;
      const waiting: (() => void)[] = [];
      return async (input, init) => {
        while (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
        free--;
        const response = await next(input, init);
        free++;
        waiting.shift()?.();
        return response;
      };
    },
    'has one time limit for all calls': (next) => {
      const limit = AbortSignal.timeout(30_000);
      return defineMiddleware((call, following) => {
        return following(call.with({ signal: call.signal ? AbortSignal.any([call.signal, limit]) : limit }));
      })(next);
    },
    'refuses all calls after five that failed': breaking(() => false),
    'waits for the end of a probe that was aborted': breaking((since) => since > 30_000),
    'keeps the slot of a call that was aborted before it was made': (() => {
      let free = 5;
      return defineMiddleware(async (call, next) => {
        if (free === 0) return new Promise(() => {});
        free--;
        throwIfAborted(call.signal);
        return next(call).finally(() => free++);
      });
    })(),
    'keeps the slot of a call whose answer is cancelled': untilRead(5, 'cancel'),
    'keeps the slot of a call that is aborted while its answer is read': untilRead(5, 'failure'),
  },
};

/** A circuit, which lets one call through where it may close. It learns nothing of a call that was aborted. */
function breaking(mayClose: (since: number) => boolean): Middleware {
  return (next) => {
    let failures = 0;
    let openedAt = 0;
    let isProbing = false;
    return defineMiddleware(async (call, following) => {
      if (failures >= 5) {
        if (isProbing || !mayClose(Date.now() - openedAt)) throw new Error('the circuit is open');
        isProbing = true;
      }
      const outcome = await settle(following(call));
      if (call.signal?.aborted) return unwrap(outcome);
      const hasFailed = outcome.failed || outcome.response.status >= 500;
      failures = hasFailed ? failures + 1 : 0;
      if (hasFailed) openedAt = Date.now();
      isProbing = false;
      return unwrap(outcome);
    })(next);
  };
}
