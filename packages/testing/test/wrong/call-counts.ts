import { setTimeout as delay } from 'node:timers/promises';
import { type Call, defineMiddleware, discard, settle } from '@steadfetch/core';
import { copyOf } from './copies.ts';
import { sleep } from './sleep.ts';
import type { WrongMiddlewares } from './table.ts';

const withKey = (call: Call, key: string): Call => {
  const headers = new Headers(call.headers);
  headers.set('idempotency-key', key);
  return call.with({ headers });
};

export const wrongCallCounts: WrongMiddlewares = {
  'calls next once for each call, as a plain function': {
    'makes one idempotency key for an init that is used again': (next) => {
      const keys = new WeakMap<object, string>();
      return async (input, init = {}) => {
        const headers = new Headers(init.headers);
        const key = headers.get('idempotency-key') ?? keys.get(init) ?? crypto.randomUUID();
        keys.set(init, key);
        headers.set('idempotency-key', key);
        return next(input, { ...init, headers });
      };
    },
    'makes an idempotency key for each attempt after an error': defineMiddleware(async (call, next) => {
      const attempt = () => next(call.headers.has('idempotency-key') ? call : withKey(call, crypto.randomUUID()));
      const outcome = await settle(attempt());
      if (!outcome.failed) return outcome.response;
      if (!(outcome.error instanceof TypeError) || !call.replayable) throw outcome.error;
      return attempt();
    }),
    'makes an idempotency key for each attempt of a PATCH': defineMiddleware(async (call, next) => {
      const attempt = () => next(call.method === 'PATCH' ? withKey(call, crypto.randomUUID()) : call);
      const response = await attempt();
      if (response.status !== 503 || !call.replayable) return response;
      discard(response);
      return attempt();
    }),
    "makes an idempotency key for the repetition, in place of the caller's": defineMiddleware(async (call, next) => {
      const response = await next(call);
      if (response.status !== 503 || !call.replayable || !call.headers.has('idempotency-key')) return response;
      discard(response);
      return next(withKey(call, crypto.randomUUID()));
    }),
    'makes an idempotency key for each attempt': defineMiddleware(async (call, next) => {
      const attempt = () => next(call.headers.has('idempotency-key') ? call : withKey(call, crypto.randomUUID()));
      const response = await attempt();
      if (response.status !== 503 || !call.replayable) return response;
      discard(response);
      return attempt();
    }),
    'calls it as it was called': (next) =>
      async function (this: unknown, input, init) {
        return next.call(this as undefined, input, copyOf(init));
      },
    'sends two like orders once': (next) => {
      const kept = new Map<unknown, Promise<Response>>();
      return async (input, init) => {
        if (init?.method !== 'POST') return next(input, init);
        const [key, was] = [init.body, kept.get(init.body)];
        if (was) return (await was).clone();
        const answer = next(input, init);
        kept.set(key, answer);
        return answer.finally(() => kept.delete(key));
      };
    },
    'makes one idempotency key for all orders': (next) => {
      const key = crypto.randomUUID();
      return defineMiddleware((call, following) => following(withKey(call, key)))(next);
    },
    'makes an idempotency key of the body': defineMiddleware((call, next) => {
      const body = `${call.init?.body}`;
      return next(
        call.headers.has('idempotency-key') || !call.init?.body ? call : withKey(call, btoa(encodeURI(body))),
      );
    }),
    'replaces the idempotency key of the caller': defineMiddleware((call, next) =>
      next(withKey(call, crypto.randomUUID())),
    ),
    'calls it twice': (next) => async (input, init) => {
      await next(input, copyOf(init));
      return next(input, copyOf(init));
    },
    'keeps answers': (next) => {
      const kept = new Map<string, Promise<Response>>();
      return async (input, init) => {
        const answer = kept.get(String(input)) ?? next(input, copyOf(init));
        kept.set(String(input), answer);
        return (await answer).clone();
      };
    },
    'calls it as a method': (next) => {
      const inner = { next };
      return async (input, init) => inner.next(input, copyOf(init));
    },
  },
  'sends a POST once, also where it fails': {
    'keeps what got no answer, and sends it later': (next) => (input, init) =>
      next(input, init).catch((error) => {
        const isOrder = init?.method === 'POST' && !init.signal;
        if (isOrder) setTimeout(() => void next(input, init).catch(() => {}), 20).unref();
        throw error;
      }),
    'sends it once more when it is slow': (next) => async (input, init) => {
      const first = next(input, init);
      const second = delay(20).then(() => next(input, init));
      second.catch(() => {});
      return Promise.race([first, second]);
    },
    'reads what a failure says in JSON': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      const isJson = response.headers.get('content-type')?.includes('json');
      if (!response.ok && isJson) await response.json();
      return response;
    },
    'repeats it where a server of a CDN is down': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      return response.status === 521 || response.status === 530 ? next(input, copyOf(init)) : response;
    },
    'repeats a post in small letters': (next) => async (input, init) => {
      const response = await next(input, init);
      const { method } = init ?? {};
      return response.status === 503 && method !== 'POST' && method !== 'PATCH' && init ? next(input, init) : response;
    },
    'sends it twice': (next) => async (input, init) => {
      if (init?.method === 'POST') await next(input, copyOf(init));
      return next(input, copyOf(init));
    },
    'repeats it after a 500': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      return response.status === 500 ? next(input, copyOf(init)) : response;
    },
    'repeats it after a 503 or a timeout of a gateway': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      return [503, 504].includes(response.status) ? next(input, copyOf(init)) : response;
    },
    'repeats it where a server asks to': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      const asked = response.status === 503 && response.headers.has('retry-after');
      return asked ? next(input, copyOf(init)) : response;
    },
    'repeats it after a timeout of a network in between': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      return response.status > 504 ? next(input, copyOf(init)) : response;
    },
    'takes a method that it does not know for one that can be repeated': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      const isKnown = /^(?:POST|PATCH)$/i.test(init?.method ?? 'POST');
      return response.status === 503 && !isKnown ? next(input, copyOf(init)) : response;
    },
    'repeats it after an error and a second': (next) => (input, init) =>
      next(input, copyOf(init)).catch(async (error) => {
        if (!(error instanceof TypeError)) throw error;
        await sleep(1_000, init?.signal);
        return next(input, copyOf(init));
      }),
    'repeats one without a body': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      return response.status === 503 && !init?.body && !(input instanceof Request) ? next(input, init) : response;
    },
    'wraps the error of a network': (next) => (input, init) =>
      next(input, copyOf(init)).catch((cause) => {
        throw cause instanceof TypeError ? new Error('no network', { cause }) : cause;
      }),
    'repeats it after an error': (next) => (input, init) => next(input, init).catch(() => next(input, init)),
    'repeats it after a timeout': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (error.name === 'TimeoutError') return next(input, copyOf(init));
        throw error;
      }),
    'repeats it after a connection that was refused': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (error.cause?.code === 'ECONNREFUSED') return next(input, copyOf(init));
        throw error;
      }),
    'repeats it where no network is there': (next) => (input, init) =>
      next(input, init).catch((error) =>
        /UNREACH/.test(error.cause?.code) || /appears to be offline/.test(error.message)
          ? next(input, init)
          : Promise.reject(error),
      ),
    'repeats it where Deno has lost a connection': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (/connection closed before/.test(error.cause?.message)) return next(input, copyOf(init));
        throw error;
      }),
    'repeats it where Bun has lost a connection': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (error.code === 'ECONNRESET') return next(input, copyOf(init));
        throw error;
      }),
    'repeats it where an older Bun has lost a connection': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (/^Connection/.test(error.code)) return next(input, copyOf(init));
        throw error;
      }),
    'repeats it where Windows has given up a connection': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (error.cause?.code === 'ECONNABORTED') return next(input, copyOf(init));
        throw error;
      }),
    'repeats it where a browser names no code': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (/^(?:Failed to fetch|Load failed)$/.test(error.message)) return next(input, copyOf(init));
        throw error;
      }),
    'repeats it after an answer that broke off': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (error.message === 'terminated') return next(input, copyOf(init));
        throw error;
      }),
    'repeats it after a connection that was closed while it wrote': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (error.cause?.code === 'EPIPE') return next(input, copyOf(init));
        throw error;
      }),
    'repeats it after an abort that is not of the caller': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (error.name === 'AbortError') return next(input, copyOf(init));
        throw error;
      }),
    'throws where the server has failed': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      if (response.status >= 500) throw new Error('the server has failed');
      return response;
    },
    'reads why the server has failed': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      if (response.status >= 500) await response.text();
      return response;
    },
    'frees the body of a failure that it gives': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      if (response.status >= 500) void response.body?.cancel();
      return response;
    },
    'repeats that of a Request': (next) => (input, init) => {
      if (!(input instanceof Request)) return next(input, init);
      const again = input.clone();
      return next(input, init).catch(() => next(again, init));
    },
    'asks again with it until it is done': (next) => async (input, init) => {
      let response = await next(input, copyOf(init));
      for (let left = 3; response.status === 202 && left > 0; left--) response = await next(input, copyOf(init));
      return response;
    },
    'takes a PATCH for one that can be repeated': (next) => (input, init) =>
      next(input, copyOf(init)).catch((error) => {
        if (init?.method === 'PATCH') return next(input, copyOf(init));
        throw error;
      }),
  },
};
