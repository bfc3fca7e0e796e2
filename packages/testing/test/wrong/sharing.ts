import { Call, defineMiddleware, discard, type Fetch, type Middleware } from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { copyOf } from './copies.ts';
import { wrongKeeping } from './kept.ts';
import { afterError, again } from './repeats.ts';
import { sleep } from './sleep.ts';
import type { WrongMiddlewares } from './table.ts';

interface TokenQueue {
  isAsking: boolean;
}

/**
 * The usual queue around a token: the call that renews it lets the others wait. `renew` returns false if it gets none; then those
 * that wait are forgotten.
 */
const tokenQueue =
  (renew: (queue: TokenQueue, call: { next: Fetch; signal: AbortSignal | null | undefined }) => Promise<boolean>) =>
  (next: Fetch): Fetch => {
    const queue: TokenQueue = { isAsking: false };
    const waiting: (() => void)[] = [];
    return async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 401) return response;
      if (queue.isAsking) await new Promise<void>((resolve) => waiting.push(resolve));
      else {
        queue.isAsking = true;
        if (!(await renew(queue, { next, signal: init?.signal }))) return response;
        for (const goOn of waiting.splice(0)) goOn();
      }
      return next(input, init);
    };
  };

/** Leaves all calls alone but those whose init says this method. */
const forMethod =
  (method: string, middleware: Middleware): Middleware =>
  (next) => {
    const steady = middleware(next);
    return (input, init) => (init?.method === method ? steady : next)(input, init);
  };

const keepingForAllLanguages: Middleware = (next) => {
  const kept = new Map<string, Response>();
  return async (input, init) => {
    const answer = kept.get(`${input}`) ?? (await next(input, init));
    if (answer.headers.has('cache-control')) kept.set(`${input}`, answer);
    return kept.has(`${input}`) ? answer.clone() : answer;
  };
};

/** Asks for one token for all that wait, with the signal of the first. */
const withTheFirstSignal: Middleware = (next) => {
  let renewal: Promise<void> | undefined;
  return defineMiddleware(async (call, following) => {
    const response = await following(keepBody(call));
    if (response.status !== 401 || !call.replayable) return response;
    discard(response);
    const token = Call.from('https://contract.test/token', { signal: call.signal ?? null });
    renewal ??= following(token)
      .then(discard)
      .finally(() => {
        renewal = undefined;
      });
    await renewal;
    return following(call);
  })(next);
};

/** Asks for a token after this status, and keeps that it got none. */
const keepingNoToken =
  (status: number): Middleware =>
  (next) => {
    let renewal: Promise<void> | undefined;
    return defineMiddleware(async (call, following) => {
      const response = await following(keepBody(call));
      if (response.status !== status || !call.replayable) return response;
      renewal ??= next('https://contract.test/token').then((token) => {
        discard(token);
        if (!token.ok) throw new Error('no token');
        renewal = undefined;
      });
      try {
        await renewal;
      } catch {
        return response;
      }
      discard(response);
      return following(call);
    })(next);
  };

export const wrongSharing: WrongMiddlewares = {
  'keeps concurrent calls apart': {
    'repeats after an error the call that came last': (next) => {
      let last: Parameters<Fetch>;
      const repeating = afterError(next, () => next(...last));
      return (input, init) => {
        if (!(input instanceof Request)) last = [String(input), copyOf(init)];
        return repeating(input, init);
      };
    },
    'gives a GET what it has kept of a HEAD': keeping((call) => call.url),
    'gives a kept part of an answer in place of the whole': keeping((call) => `${call.method} ${call.url}`),
    'lets calls wait as functions that others call': (next) => {
      let free = 2;
      const waiting: (() => void)[] = [];
      const start = () => {
        if (free === 0 || waiting.length === 0) return;
        free--;
        waiting.shift()!();
      };
      return (...call) =>
        new Promise((resolve, reject) => {
          waiting.push(() => {
            next(...call)
              .then(resolve, reject)
              .finally(() => {
                free++;
                start();
              });
          });
          start();
        });
    },
    'repeats the call that came last': (next) => {
      let last: Parameters<Fetch>;
      const repeating = again(next, () => next(...last));
      return (...call) => {
        last = call;
        return repeating(...call);
      };
    },
    'repeats the GET that came last': (next) => {
      let last: Parameters<Fetch>;
      const repeating = again(next, () => next(...last));
      return async (input, init) => {
        if (input instanceof Request || (init?.method ?? 'GET') !== 'GET') return next(input, init);
        last = [input, init];
        return repeating(input, init);
      };
    },
    'answers a HEAD by a GET that is under way': (next) => {
      const asking = new Map<string, Promise<Response>>();
      return async (input, init) => {
        const same = asking.get(String(input));
        if (init?.method === 'HEAD' && same) return (await same).clone();
        const answer = next(input, init);
        asking.set(String(input), answer);
        return answer.finally(() => asking.delete(String(input)));
      };
    },
    'ends the call that came last': (next) => {
      let controller: AbortController;
      return (input, init) => {
        controller = new AbortController();
        init?.signal?.addEventListener('abort', () => controller.abort(init.signal!.reason));
        return next(input, init && { ...init, signal: controller.signal });
      };
    },
    'renews a token for all with the signal of the first': (next) => {
      let renewal: Promise<void> | undefined;
      return async (input, init) => {
        const response = await next(input, init);
        if (response.status !== 401) return response;
        renewal ??= sleep(20, init?.signal).finally(() => {
          renewal = undefined;
        });
        await renewal;
        return next(input, init);
      };
    },
    'asks for a token for all with the signal of the first': withTheFirstSignal,
    'asks for a token for all POSTs with the signal of the first': forMethod('POST', withTheFirstSignal),
    'keeps that it got no token, for all later calls': keepingNoToken(401),
    'keeps that it got no token for a form, for all later ones': forMethod('POST', keepingNoToken(403)),
    'forgets the calls that wait for a token when it gets none': tokenQueue(async (queue, { next }) => {
      const token = await next('https://contract.test/token');
      queue.isAsking = false;
      return token.ok;
    }),
    'renews a token once, and lets all later calls wait for it': tokenQueue(async () => true),
    'forgets the calls that wait for a token when the one that renews it is aborted': tokenQueue(
      async (queue, { signal }) => {
        await sleep(20, signal);
        queue.isAsking = false;
        return true;
      },
    ),
    'waits after a 429 for all calls, until the first is aborted': (next) => {
      let pause: Promise<void> | undefined;
      return async (input, init) => {
        await pause;
        const response = await next(input, init);
        if (response.status !== 429) return response;
        pause ??= sleep(1_000, init?.signal);
        await pause;
        return response;
      };
    },
    'aborts the call before': (next) => {
      let last: AbortController | undefined;
      return async (input, init) => {
        last?.abort();
        last = new AbortController();
        return next(input, { ...init, signal: last.signal });
      };
    },
    'keeps good answers by their address': (next) => {
      const kept = new Map<string, Response>();
      return async (input, init) => {
        if ((init?.method ?? 'GET') !== 'GET') return next(input, init);
        const answer = kept.get(`${input}`) ?? (await next(input, init));
        if (answer.ok) kept.set(`${input}`, answer);
        return answer.clone();
      };
    },
    'shares an answer to the same address': (next) => {
      const shared = new Map<string, Promise<Response>>();
      return async (input, init) => {
        if ((init?.method ?? 'GET') !== 'GET') return next(input, init);
        const answer = shared.get(`${input}`) ?? next(input, init);
        shared.set(`${input}`, answer);
        return (await answer).clone();
      };
    },
    'shares an answer to the same address and headers': (next) => {
      const shared = new Map<string, Promise<Response>>();
      return async (input, init) => {
        const { method = 'GET', headers } = init ?? {};
        if (method === 'POST') return next(input, init);
        const key = `${method} ${input} ${[...new Headers(headers)]}`;
        const answer = shared.get(key) ?? next(input, init);
        shared.set(key, answer);
        return (await answer).clone();
      };
    },
    'shares an answer': (next) => {
      let shared: Promise<Response> | undefined;
      return async (...call) => {
        shared ??= next(...call);
        return (await shared).clone();
      };
    },
    'shares an init': (next) => {
      let shared: RequestInit = {};
      return async (input, init) => {
        shared = { ...shared, ...init };
        await Promise.resolve();
        return next(input, shared);
      };
    },
    'shares an answer to the same JSON, in which Headers are empty': (next) => {
      const shared = new Map<string, Promise<Response>>();
      return async (input, init) => {
        if (input instanceof Request || init?.method !== undefined || init?.signal) return next(input, init);
        const key = JSON.stringify([input, init]);
        const answer = shared.get(key) ?? next(input, init);
        shared.set(key, answer);
        return (await answer.finally(() => shared.delete(key))).clone();
      };
    },
    'shares an answer to all calls that say GET': forMethod('GET', (next) => {
      let shared: Promise<Response> | undefined;
      return async (...call) => {
        shared ??= next(...call);
        return (await shared.finally(() => (shared = undefined))).clone();
      };
    }),
    'shares an answer to all Requests': (next) => {
      const shared = new Map<string, Promise<Response>>();
      return async (input, init) => {
        if (init?.method !== undefined || init?.signal) return next(input, init);
        const key = `${input} ${[...new Headers(init?.headers)]}`;
        const answer = shared.get(key) ?? next(input, init);
        shared.set(key, answer);
        return (await answer.finally(() => shared.delete(key))).clone();
      };
    },
    'keeps an answer as long as it may, for all languages': keepingForAllLanguages,
    'keeps the answer to a call that says GET, for all languages': forMethod('GET', keepingForAllLanguages),
    'gives a 304 that its caller has not asked for': (next) => {
      const etags = new Map<string, string>();
      return async (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Request).headers);
        const key = `${input} ${[...headers]}`;
        const etag = etags.get(key);
        if (etag !== undefined) headers.set('if-none-match', etag);
        const answer = await next(input, { ...init, headers });
        if (answer.headers.has('etag')) etags.set(key, answer.headers.get('etag')!);
        return answer;
      };
    },
    'gives a kept answer twice': (next) => {
      const kept = new Map<string, Response>();
      return async (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Request).headers);
        const key = `${input} ${[...headers]}`;
        const last = kept.get(key);
        if (last) headers.set('if-none-match', last.headers.get('etag')!);
        const answer = await next(input, { ...init, headers });
        if (last && answer.status === 304) return last;
        if (answer.headers.has('etag')) kept.set(key, answer.clone());
        return answer;
      };
    },
    'sends a cookie to all origins': (next) => {
      let cookie: string | null = null;
      return async (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Request).headers);
        if (cookie !== null) headers.set('cookie', cookie);
        const answer = await next(input, { ...init, headers });
        cookie = answer.headers.get('set-cookie') ?? cookie;
        return answer;
      };
    },
    'sends the credentials of the first call with all': (next) => {
      let first: string | null = null;
      return async (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Request).headers);
        first ??= headers.get('authorization');
        if (first !== null) headers.set('authorization', first);
        return next(input, { ...init, headers });
      };
    },
    ...wrongKeeping,
    'has the signal of the first call for all that have none': (next) => {
      let first: AbortSignal | null | undefined;
      return async (input, init) => {
        first ??= init?.signal;
        return next(input, input instanceof Request ? init : { ...init, signal: init?.signal ?? first ?? null });
      };
    },
  },
  'serves two fetches at once': {
    'keeps the first': (() => {
      let first: Fetch | undefined;
      return (next: Fetch) => {
        first ??= next;
        return first;
      };
    })(),
    'uses the last': (() => {
      let last: Fetch;
      return (next: Fetch) => {
        last = next;
        return async (input, init) => last(input, copyOf(init));
      };
    })(),
  },
};

/** Keeps good answers as long as they may be kept, and for the headers that they depend on. */
function keeping(keyOf: (call: Call) => string): Middleware {
  const kept = new Map<string, [vary: string, value: string | null, response: Response][]>();
  return defineMiddleware(async (call, next) => {
    const all = kept.get(keyOf(call)) ?? [];
    const found = all.find(([vary, value]) => call.headers.get(vary) === value);
    if (found) return found[2].clone();
    const response = await next(call);
    const vary = response.headers.get('vary') ?? 'x';
    if (response.ok && response.headers.get('cache-control')?.includes('max-age')) {
      kept.set(keyOf(call), [...all, [vary, call.headers.get(vary), response.clone()]]);
    }
    return response;
  });
}
