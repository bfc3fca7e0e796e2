import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Call,
  compose,
  defineMiddleware,
  discard,
  type Fetch,
  type Middleware,
  onAbort,
  settle,
  systemClock,
  unwrap,
} from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadRunner, testRunner } from '../src/contract/test-runner.ts';
import { contractChecks, middlewareContract } from '../src/index.ts';

const pass: Middleware = defineMiddleware((call, next) => next(call));

middlewareContract(() => pass);
middlewareContract(() => (next) => (input, init) => Promise.resolve(next(input, init)), {
  name: 'the contract of a plain wrapper',
  except: ['rejects when next throws instead of rejecting'],
});
middlewareContract(() => compose(pass, pass), { name: 'the contract of a stack' });
middlewareContract(() => (next) => next, { name: 'the contract of one that does nothing' });
middlewareContract(() => compose(), { name: 'the contract of an empty stack' });

describe('middlewareContract where a project runs tests at once', { concurrent: true }, () => {
  let running = 0;
  let most = 0;
  const counting = (title: string, test: () => Promise<void>) =>
    it(title, async () => {
      most = Math.max(most, ++running);
      await test().finally(() => running--);
    });

  middlewareContract(() => pass, { runner: { describe, it: counting } });

  afterAll(() => expect(most).toBe(1));
});

const copyOf = (init?: RequestInit): RequestInit | undefined =>
  init && { ...init, ...(init.headers && { headers: [...new Headers(init.headers)] }) };

/** Repeats a plain call once after a 503. */
const again =
  (next: Fetch, repeat: Fetch, letGo: (response: Response) => void = discard): Fetch =>
  async (input, init) => {
    const response = await next(input, init);
    const isPlain = !(input instanceof Request) && init?.method !== 'POST' && !(init?.body instanceof ReadableStream);
    if (response.status !== 503 || !isPlain) return response;
    letGo(response);
    await delay(1);
    return repeat(input, init);
  };

/** Repeats a call that may be repeated once after an error, as a loop of `try` and `catch`. */
const afterError =
  (next: Fetch, repeat: Fetch): Fetch =>
  async (input, init) => {
    try {
      return await next(input, init);
    } catch (error) {
      const { method, signal } = Call.from(input, init);
      if (!['GET', 'PUT'].includes(method) || signal?.aborted) throw error;
      await sleep(1, signal);
      return repeat(input, init);
    }
  };

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

const withKey = (call: Call, key: string): Call => {
  const headers = new Headers(call.headers);
  headers.set('idempotency-key', key);
  return call.with({ headers });
};

/** What a careless middleware keeps of a Request. */
const facts = ({ method, headers, signal }: Request): RequestInit => ({ method, headers: [...headers], signal });

const faulty: Record<string, Record<string, (next: Fetch) => Fetch>> = {
  'gives the response of next itself': {
    'reads what is short, and builds it anew': (next) => async (input, init) => {
      const response = await next(input, init);
      const isShort = Number(response.headers.get('content-length') ?? 10_000) < 1_000;
      return isShort ? new Response(await response.text(), response) : response;
    },
    'throws for an answer after which nothing is left of a quota': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.headers.get('x-ratelimit-remaining') === '0') throw new Error('rate limit exceeded');
      return response;
    },
    'builds one of JSON anew':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        const isJson = response.headers.get('content-type')?.includes('json');
        return isJson ? new Response(JSON.stringify(await response.json()), response) : response;
      },
    'writes on one that has failed':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.ok ? response : Object.assign(response, { attempts: 1 });
      },
    'rebuilds it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(response.body, response);
      },
    'rebuilds that of a POST':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return call[1]?.method === 'POST' ? new Response(response.body, response) : response;
      },
    'wraps it in a proxy':
      (next) =>
      async (...call) =>
        new Proxy(await next(...call), {}),
    'clones it':
      (next) =>
      async (...call) =>
        (await next(...call)).clone(),
    'writes on it': (next) => async (input, init) => Object.assign(await next(input, init), { attempts: 1 }),
    'takes a header away that it has not': (next) => async (input, init) => {
      const response = await next(input, init);
      response.headers.delete('set-cookie');
      return response;
    },
    'adds a header to it': (next) => async (input, init) => {
      const response = await next(input, init);
      response.headers.set('x-seen', '1');
      return response;
    },
  },
  'gives a response that nobody has read': {
    'sends a POST again after a 429, and leaves the 429 unread': defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      return response.status === 429 && call.method === 'POST' ? next(call) : response;
    }),
    'throws for the 401 of a POST': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 401 && init?.method === 'POST') throw new Error('who are you?');
      return response;
    },
    'tells whoever gets a 429 to wait for a second': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 429 && !response.headers.has('retry-after')) response.headers.set('retry-after', '1');
      if (response.status === 429) response.headers.delete('x-ratelimit-reset');
      return response;
    },
    'throws for a 429': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 429) throw new Error('slow down');
      return response;
    },
    'renews a token and sends a Request that was sent before': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 401) return response;
      await response.text();
      return next(input, init);
    },
    'renews a token as often as it is refused': defineMiddleware(async (call, next) => {
      for (;;) {
        const response = await next(keepBody(call));
        if (response.status !== 401 || !call.replayable) return response;
        discard(response);
      }
    }),
    'leaves the answer unread that a token has run out': (next) => async (input, init) => {
      const response = await next(input instanceof Request ? input.clone() : input, init);
      return response.status === 401 && !(init?.body instanceof ReadableStream) ? next(input, init) : response;
    },
    'reads it': (next) => async (input, init) => {
      const response = await next(input, init);
      await response.text();
      return response;
    },
    'holds its reader': (next) => async (input, init) => {
      const response = await next(input, init);
      response.body!.getReader();
      return response;
    },
    'throws for a 403': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 403) throw new Error('forbidden');
      return response;
    },
    'throws for a GET that has failed': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status >= 500 && init?.method === undefined) throw new Error(`HTTP ${response.status}`);
      return response;
    },
    'sends the body of a Request twice': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 503 && input instanceof Request ? next(input, init) : response;
    },
    'sends a stream twice': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 503 && init?.body instanceof ReadableStream ? next(input, init) : response;
    },
    'leaves the failure unread that it repeats': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 503 && init?.method === undefined && !(input instanceof Request)
        ? next(input, init)
        : response;
    },
    'reads why a GET has failed': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 503) await response.text();
      return response;
    },
  },
  'takes a string, a URL and a Request': {
    'looks at a signal that is undefined': (next) => async (input, init) => {
      if (init && 'signal' in init && init.signal !== null) init.signal!.throwIfAborted();
      return next(input, init);
    },
    'makes a text of a body that is undefined': (next) => async (input, init) =>
      init && 'body' in init && typeof init.body !== 'object'
        ? next(input, { ...init, body: `${init.body}` })
        : next(input, init),
    'takes headers that are undefined in place of those of a Request': (next) => async (input, init) =>
      next(input, init && 'headers' in init ? { ...init, headers: new Headers(init.headers) } : init),
    'makes one slash of two': (next) => async (input, init) =>
      next(typeof input === 'string' ? input.replaceAll(/([^:]\/)\/+/g, '$1') : input, copyOf(init)),
    'decodes the path': (next) => async (input, init) => {
      if (input instanceof Request) return next(input, init);
      const url = new URL(input);
      url.pathname = decodeURIComponent(url.pathname);
      return next(url, copyOf(init));
    },
    'leaves out parameters without a value': (next) => async (input, init) =>
      next(typeof input === 'string' ? input.replaceAll(/[?&][^=&]+=(?=&|$)/g, '') : input, copyOf(init)),
    'adds the headers of a Request to those of init': (next) => async (input, init) => {
      if (!(input instanceof Request) || !init?.headers) return next(input, init);
      return next(input, {
        ...init,
        headers: { ...Object.fromEntries(input.headers), ...Object.fromEntries(new Headers(init.headers)) },
      });
    },
    'makes a string of a Request': (next) => (input, init) => next(String(input), init),
    'forgets init beside a Request': (next) => async (input, init) =>
      input instanceof Request ? next(input) : next(input, copyOf(init)),
    'writes the query anew': (next) => async (input, init) => {
      if (input instanceof Request) return next(input, init);
      const url = new URL(input);
      url.searchParams.delete('utm_source');
      return next(url, copyOf(init));
    },
    'forgets the query': (next) => async (input, init) =>
      input instanceof Request ? next(input, init) : next(String(input).replace(/\?.*/, ''), copyOf(init)),
    'forgets the headers after the first call': (next) => {
      let calls = 0;
      return async (input, init) => (calls++ < 4 ? next(input, copyOf(init)) : next(input, { ...init, headers: {} }));
    },
  },
  'hands on methods and headers as they are written': {
    'makes capitals of every method': (next) => async (input, init) => {
      const method = (init?.method ?? (input as Partial<Request>).method ?? 'GET').toUpperCase();
      return next(input, { ...copyOf(init), method });
    },
    'keeps one header of a name': (next) => async (input, init) =>
      next(input, Array.isArray(init?.headers) ? { ...init, headers: Object.fromEntries(init.headers) } : copyOf(init)),
    'drops headers without a value': (next) => async (input, init) => {
      const headers = [...new Headers(init?.headers ?? (input as Partial<Request>).headers)];
      return next(input, { ...copyOf(init), headers: headers.filter(([, value]) => value !== '') });
    },
    'takes headers for an object': (next) => async (input, init) =>
      next(input, init?.headers ? { ...init, headers: { ...init.headers } as Record<string, string> } : init),
    'replaces the headers by its own': (next) => async (input, init) =>
      next(input, { ...init, headers: { 'x-own': '1' } }),
    'writes on those of the call, which are not sent': defineMiddleware((call, next) => {
      call.headers.set('x-own', '1');
      return next(call);
    }),
    'writes a key for each POST on those of the call': defineMiddleware((call, next) => {
      if (call.method === 'POST') call.headers.set('idempotency-key', crypto.randomUUID());
      return next(call);
    }),
  },
  'hands on a relative address': {
    'parses it without a base': (next) => async (input, init) =>
      next(input instanceof Request ? input : new URL(String(input)), copyOf(init)),
    'adds a base of its own': (next) => async (input, init) =>
      next(
        input instanceof Request ? input : new URL(String(input).slice(1), 'https://base.test/api/v1/').href,
        copyOf(init),
      ),
  },
  'hands on an init of a class, and one that inherits': {
    'spreads it': (next) => async (input, init) => next(input, { ...init }),
    'clones it': (next) => async (input, init) => next(input, init && JSON.parse(JSON.stringify(init))),
  },
  'lets init take the signal from a Request': {
    'listens to both': (next) => async (input, init) =>
      input instanceof Request && init?.signal
        ? next(input, { ...init, signal: AbortSignal.any([input.signal, init.signal]) })
        : next(input, init),
    'falls back on that of the Request': (next) => async (input, init) =>
      next(input, { ...copyOf(init), signal: init?.signal ?? (input as Partial<Request>).signal ?? null }),
    'asks the Request before all': (next) => async (input, init) => {
      (input as Partial<Request>).signal?.throwIfAborted();
      return next(input, copyOf(init));
    },
  },
  'gives a 404, a 302 and a 204 as any other response': {
    'asks for what was made': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 201 ? next(new URL(response.headers.get('location')!, String(input))) : response;
    },
    'follows a redirect that keeps the method': (next) => async (input, init) => {
      const response = await next(input, init);
      const to = response.status === 307 && response.headers.get('location');
      return to ? next(new URL(to, String(input)), init) : response;
    },
    'throws for a part': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 206) throw new Error('HTTP 206');
      return response;
    },
    'follows a redirect that the caller wants to see': (next) => async (input, init) => {
      const response = await next(input, init);
      const to = response.status === 302 && response.headers.get('location');
      return to ? next(new URL(to, String(input)), init) : response;
    },
    'opens a circuit after five of them': (next) => {
      let failures = 0;
      return async (...call) => {
        if (failures >= 5) throw new Error('open');
        const response = await next(...call);
        failures = response.ok ? 0 : failures + 1;
        return response;
      };
    },
    'throws for it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'reads its body for a message':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (!response.ok) console.debug(await response.text());
        return response;
      },
    'asks once more for it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.ok ? response : next(...call);
      },
    'gives nothing in its place':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.ok ? response : new Response(null, { status: 204 });
      },
    'throws for a 400':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 400) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'reads in a 422 what is wrong':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 422) throw new Error(`HTTP ${response.status}`, { cause: await response.text() });
        return response;
      },
    'throws for what is gone, or has changed':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 410 || response.status === 412) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'throws for what has not changed':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 304) throw new Error('HTTP 304');
        return response;
      },
    'throws for a redirect':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status >= 300 && response.status < 400) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'gives nothing for a response without a body':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.status === 204 ? (null as unknown as Response) : response;
      },
  },
  'gives a response before its body is there': {
    'waits for a copy of a text': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.headers.get('content-type')?.startsWith('text/')) await response.clone().text();
      return response;
    },
    'waits for a copy of what is JSON':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.headers.get('content-type')?.includes('json')) console.debug(await response.clone().json());
        return response;
      },
    'stops to listen to the caller once there is a response': (next) => async (input, init) => {
      const signal = init?.signal;
      if (!signal) return next(input, init);
      const controller = new AbortController();
      const abort = () => controller.abort(signal.reason);
      signal.addEventListener('abort', abort);
      try {
        return await next(input, { ...init, signal: controller.signal });
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    'reads it first':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(await response.arrayBuffer(), response);
      },
    'waits for a copy of it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        await response.clone().text();
        return response;
      },
    'waits for a copy of a failure':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (!response.ok) console.warn(await response.clone().text());
        return response;
      },
    'waits for a copy of what the server finds invalid':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status >= 400 && response.status < 500) console.warn(await response.clone().text());
        return response;
      },
    'reads along':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        const [body, copy] = response.body!.tee();
        void new Response(copy).text().catch(() => {});
        return new Response(body, response);
      },
    'leaves what is cancelled open':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(piped(response.body!, { error: (stream, error) => stream.error(error) }), response);
      },
  },
  'tells of a body that breaks off': {
    'ends it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(piped(response.body!, { error: (stream) => stream.close() }), response);
      },
  },
  'leaves no timer behind': {
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
  'hands on the members of init and of a Request': {
    'repeats it after an error with what it knows of a call': (next) =>
      afterError(next, (input, init) =>
        next(input, init && { method: init.method ?? 'GET', headers: init.headers ?? {} }),
      ),
    'wants nothing of a cache, whatever the caller wants': (next) => async (input, init) =>
      next(input, Object.assign(Object.create(init ?? null), { cache: 'no-store' })),
    'repeats it with what it knows of a call': (next) =>
      again(next, async (input, init) => {
        const { method, headers, body, signal } = new Request(input, init);
        return next(String(input), { method, headers, body, signal, duplex: 'half' } as RequestInit);
      }),
    'keeps what it knows of a Request': (next) => async (input, init) =>
      input instanceof Request
        ? next(input.url, { ...facts(input), body: input.body, duplex: 'half', ...init } as RequestInit)
        : next(input, copyOf(init)),
    'keeps what it knows of init': (next) => async (input, init) => {
      const { method, headers, signal, body, cache } = init ?? {};
      return next(input, init && pick({ method, headers, signal, body, cache } as RequestInit));
    },
  },
  'hands on the body': {
    'repeats it after an error without its body': (next) =>
      afterError(next, (input, init) => next(input, init && { ...init, body: null })),
    'repeats it after an error without its headers': (next) =>
      afterError(next, (input, init) => next(input, init && { ...init, headers: {} })),
    'repeats all but streams, also what a generator has given': (next) => {
      const repeating = again(next, next);
      return (input, init) => (init?.body instanceof ReadableStream ? next : repeating)(input, init);
    },
    'sends a form with the headers of another Request': (next) => async (input, init) => {
      if (input instanceof Request || !(init?.body instanceof FormData)) return next(input, init);
      const { headers } = new Request(input, init); // names the boundary of its own copy
      return next(input, { ...init, headers });
    },
    'trims a text': (next) => async (input, init) =>
      typeof init?.body === 'string' ? next(input, { ...init, body: init.body.trim() }) : next(input, init),
    'makes line feeds of line ends': (next) => async (input, init) =>
      typeof init?.body === 'string'
        ? next(input, { ...init, body: init.body.replaceAll('\r\n', '\n') })
        : next(input, init),
    'takes what can be iterated for a value to write as JSON': (next) => async (input, init) => {
      const isObject = String(init?.body) === '[object Object]';
      return next(input, isObject ? { ...init, body: JSON.stringify(init!.body) } : init);
    },
    'drops that of a DELETE': (next) => async (input, init) =>
      next(input, init?.method === 'DELETE' ? { ...init, body: null } : init),
    'parses JSON and writes it anew': (next) => async (input, init) => {
      const isJson = new Headers(init?.headers).get('content-type') === 'application/json';
      return next(input, isJson ? { ...init, body: JSON.stringify(JSON.parse(`${init?.body}`)) } : init);
    },
    'makes a query of the names of another': (next) => async (input, init) =>
      next(
        input,
        init?.body instanceof URLSearchParams
          ? { ...init, body: new URLSearchParams(Object.fromEntries(init.body)) }
          : init,
      ),
    'makes a form of the names of another': (next) => async (input, init) => {
      if (!(init?.body instanceof FormData)) return next(input, init);
      const body = new FormData();
      for (const [name, value] of Object.entries(Object.fromEntries(init.body))) body.append(name, value);
      return next(input, { ...init, body });
    },
    'forgets the type of a blob': (next) => async (input, init) =>
      next(input, init?.body instanceof Blob ? { ...init, body: await init.body.arrayBuffer() } : copyOf(init)),
    'loses the body of a POST that it sends with a new token': (next) => async (input, init) => {
      const response = await next(input, copyOf(init));
      if (response.status !== 401 || init?.method !== 'POST') return response;
      return next(String(input), { ...copyOf(init), body: null });
    },
    'loses the headers of a call that it sends with a new token': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 401) return response;
      return next(input, { ...init, headers: { authorization: 'Bearer new' } });
    },
    'loses each': (next) => async (input, init) =>
      input instanceof Request
        ? next(input.url, facts(input))
        : next(input, init && pick({ ...copyOf(init), body: undefined } as never)),
    'loses that of a Request': (next) => async (input, init) =>
      input instanceof Request ? next(input.url, { ...facts(input), ...init }) : next(input, copyOf(init)),
    'sends all bytes of which it is given a part': (next) => async (input, init) =>
      next(input, ArrayBuffer.isView(init?.body) ? { ...init, body: init.body.buffer } : copyOf(init)),
    'repeats it without its body': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503 || init?.method !== 'PUT') return response;
      return next(input, { ...init, body: null });
    },
    'repeats it without its headers': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503 || init?.method !== undefined || input instanceof Request) return response;
      return next(input, { ...init, headers: {} });
    },
    'takes each POST without a type for JSON': (next) => async (input, init) => {
      const headers = new Headers(init?.headers);
      if (init?.method !== 'POST' || headers.has('content-type')) return next(input, init);
      headers.set('content-type', 'application/json');
      return next(input, { ...init, headers: [...headers] });
    },
    'signs a text as if each letter were a byte': (next) => async (input, init) => {
      if (typeof init?.body !== 'string') return next(input, copyOf(init));
      return next(input, { ...init, headers: { ...init.headers, 'x-signature': btoa(init.body) } });
    },
    'makes strings of bytes': (next) => async (input, init) =>
      next(input, init?.body ? { ...init, body: String(init.body) } : copyOf(init)),
    'sends the text of bytes that it has signed': defineMiddleware(async (call, next) => {
      const { body, ...init } = call.init ?? {};
      if (!(body instanceof Uint8Array)) return next(call);
      return next(call.with({ init: { ...init, body: new TextEncoder().encode(new TextDecoder().decode(body)) } }));
    }),
    'sends the text of a file': (next) => async (input, init) => {
      if (!(init?.body instanceof FormData)) return next(input, copyOf(init));
      const body = new FormData();
      for (const [name, value] of init.body) {
        if (typeof value === 'string') body.append(name, value);
        else body.append(name, new Blob([await value.text()], { type: value.type }), value.name);
      }
      return next(input, { ...init, body });
    },
  },
  'hands on a stream as it is': {
    'reads it to its end, to have it twice': (next) => async (input, init) =>
      init?.body instanceof ReadableStream
        ? next(input, { ...init, body: await new Response(init.body).arrayBuffer() })
        : next(input, init),
    'forgets duplex': (next) => async (input, init) =>
      next(input, init && pick({ ...copyOf(init), duplex: undefined } as RequestInit)),
    'reads it': (next) => async (input, init) => {
      if (init?.body instanceof ReadableStream) await new Response(init.body).text();
      return next(input, copyOf(init));
    },
  },
  'hands on by reference what a Request cannot hold': {
    'repeats it after an error without': (next) =>
      afterError(next, (input, init) => next(input, { headers: { ...init?.headers } })),
    'repeats it without': (next) => again(next, (input, init) => next(new Request(input, init))),
    'makes a Request': (next) => (input, init) => next(new Request(input, init)),
    'copies deeply': (next) => async (input, init) =>
      next(input, init && ({ ...init, cf: { ...(init as { cf?: object }).cf } } as RequestInit)),
  },
  'builds no Request and clones nothing for a plain call': {
    'reads a copy of what has failed':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (!response.ok) void response.clone().text().then(console.debug);
        return response;
      },
    'reads a copy of what the server finds invalid':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 422) void response.clone().text().then(console.debug);
        return response;
      },
    'reads a copy of what is JSON':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.headers.get('content-type')?.includes('json')) void response.clone().json().then(console.debug);
        return response;
      },
    'makes a Request': (next) => (input, init) => next(new Request(input, init), init),
  },
  "rejects with the caller's abort reason": {
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
  'rejects when next throws instead of rejecting': {
    'is not async': (next) => (input, init) => next(input, init),
  },
  'rejects with the error of next itself': {
    'sends a Request or a stream again that was sent before': (next) => afterError(next, next),
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
  'sends what was asked for, whatever the caller changes afterwards': {
    'repeats it after an error as the caller has changed it': (next) => afterError(next, next),
    'repeats it as the caller has changed it': (next) => again(next, next),
    'repeats a GET as the caller has changed it': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503 || (init?.method ?? 'GET') !== 'GET' || input instanceof Request) return response;
      discard(response);
      return next(input, init);
    },
    'repeats it with the URL object, which a loop over pages has changed': (next) => async (input, init) => {
      const [target, copy] = [input instanceof Request ? input.clone() : input, copyOf(init)];
      const response = await next(target, copy);
      if (response.status !== 503 || (init?.method ?? 'GET') !== 'GET' || input instanceof Request) return response;
      discard(response);
      return next(input, copy);
    },
    'signs a POST first': (next) => async (input, init) => {
      if (init?.method === 'POST') await Promise.resolve();
      return next(input, init);
    },
    'keeps the URL object': (next) => async (input, init) => {
      const copy = copyOf(init);
      await Promise.resolve();
      return next(input, copy);
    },
    'keeps the bytes': (next) => async (input, init) => {
      const [target, copy] = [input instanceof Request ? input : String(input), copyOf(init)];
      await Promise.resolve();
      return next(target, copy);
    },
    'keeps the Request': (next) => async (input, init) => {
      const target = input instanceof Request ? input : String(input);
      const body = init?.body instanceof Uint8Array ? init.body.slice() : init?.body;
      const copy = init && pick({ ...copyOf(init), body } as RequestInit);
      await Promise.resolve();
      return next(target, copy);
    },
    'waits first': (next) => async (input, init) => {
      await Promise.resolve();
      return next(input, init);
    },
  },
  "leaves the caller's arguments as they were": {
    'counts the attempts after an error in the headers of init': (next) =>
      afterError(next, (input, init) => {
        if (init?.headers instanceof Headers) init.headers.set('x-attempt', '2');
        return next(input, init);
      }),
    'adds to the form of the caller': (next) => async (input, init) => {
      if (init?.body instanceof FormData) init.body.append('csrf', '1');
      return next(input, init);
    },
    'adds to the parameters of the caller': (next) => async (input, init) => {
      if (init?.body instanceof URLSearchParams) init.body.set('key', '1');
      return next(input, init);
    },
    'writes over the bytes of the caller': (next) => async (input, init) => {
      if (init?.body instanceof Uint8Array) init.body.fill(33);
      return next(input, init);
    },
    'sorts the parameters of the caller': (next) => async (input, init) => {
      if (init?.body instanceof URLSearchParams) init.body.sort();
      return next(input, init);
    },
    'leaves out the fragment, of the URL of the caller': (next) => async (input, init) => {
      if (input instanceof URL) input.hash = '';
      return next(input, init);
    },
    'asks another host, by the URL of the caller': (next) => async (input, init) => {
      if (input instanceof URL) input.hostname = 'mirror.test';
      return next(input, init);
    },
    'adds to the headers of a Request that it repeats': (next) => async (input, init) => {
      const response = await next(input instanceof Request ? input.clone() : input, init);
      if (response.status !== 503 || !(input instanceof Request)) return response;
      discard(response);
      input.headers.set('x-attempt', '2');
      return next(input, init);
    },
    'counts on init': (next) =>
      again(next, (input, init: RequestInit & { retries?: number } = {}) => {
        init.retries = (init.retries ?? 0) + 1;
        return next(input, init);
      }),
    'adds to the headers of init when it repeats': (next) =>
      again(next, (input, init) => {
        if (init?.headers instanceof Headers) init.headers.set('x-attempt', '2');
        return next(input, init);
      }),
    'marks the init of a GET that it sends with a new token': (next) => async (input, init) => {
      const [target, copy] = [input instanceof Request ? input.clone() : String(input), copyOf(init)];
      const response = await next(target, copy);
      const isPlain = !(input instanceof Request) && (init?.method ?? 'GET') === 'GET';
      if (response.status !== 401 || !isPlain || (init && 'isRetry' in init)) return response;
      discard(response);
      if (init) Object.assign(init, { isRetry: true });
      return next(target, copy);
    },
    'writes a key for each POST into the headers that it was given': (next) => async (input, init) => {
      const headers = init?.headers as Record<string, string> | undefined;
      if (init?.method === 'POST' && headers && Object.getPrototypeOf(headers) === Object.prototype) {
        headers['idempotency-key'] ??= crypto.randomUUID();
      }
      return next(input, copyOf(init));
    },
    'writes on init': (next) => async (input, init) => {
      if (init && !Object.isFrozen(init)) Object.assign(init, { seen: true });
      return next(input, copyOf(init));
    },
    'replaces the headers of init': (next) => async (input, init) => {
      if (init?.headers) init.headers = new Headers(init.headers);
      return next(input, copyOf(init));
    },
    'adds to the headers of init': (next) => async (input, init) => {
      if (init?.headers instanceof Headers) init.headers.set('x-b', '2');
      return next(input, copyOf(init));
    },
    'adds to the headers of a Request': (next) => async (input, init) => {
      if (input instanceof Request) input.headers.set('x-b', '2');
      return next(input, copyOf(init));
    },
  },
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
  'leaves no rejection unhandled': {
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
  },
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
    'asks for a token for all with the signal of the first': (next) => {
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
    },
    'keeps that it got no token, for all later calls': (next) => {
      let renewal: Promise<void> | undefined;
      return defineMiddleware(async (call, following) => {
        const response = await following(keepBody(call));
        if (response.status !== 401 || !call.replayable) return response;
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
    },
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
    'keeps an answer as long as it may, for all languages': (next) => {
      const kept = new Map<string, Response>();
      return async (input, init) => {
        const answer = kept.get(`${input}`) ?? (await next(input, init));
        if (answer.headers.has('cache-control')) kept.set(`${input}`, answer);
        return kept.has(`${input}`) ? answer.clone() : answer;
      };
    },
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

/** What a check says when it fails for what it is about. */
const reasons: Record<string, RegExp> = {
  'gives the response of next itself':
    /^the response: |^what is written on the response: |^the status of the answer after which nothing is left/,
  'gives a response that nobody has read':
    /^whether the (?:last )?body (?:of a \d+ )?is used or locked: |^whether each answer but the one that is given is read|^whether a 401 that stays is given |^the status of the last answer: expected \d+, got (?:Type)?Error: /,
  'gives a 404, a 302 and a 204 as any other response':
    /^HTTP (?:206|400|404|410|422|302|304)$|^the status(?: of a call after ten that gave a 404)?: |^the number of calls of next: |Body is unusable|already been read/,
  'gives a response before its body is there':
    /^whether there is a response \d+: expected true, got false|^whether next hears an abort |^whether the body of next hears /,
  'tells of a body that breaks off': /^whether the call or the reading fails: expected true, got false/,
  'rejects with the error of next itself':
    /^the error: |^what is written on the error: |^whether a call (?:that may be repeated fails with its last error|fails with its last outcome|gives an answer that it has dropped|fails with the error of another|gives the response of another): |^expected the call to reject, but it (?:gave a response|never ends)/,
  'rejects when next throws instead of rejecting': /^expected the call to reject, but it threw what next threw/,
  'leaves no rejection unhandled': /^the number of rejections that nobody handles: expected 0, got [1-9]/,
  "rejects with the caller's abort reason":
    /^the reason|^expected the call to (?:reject|end) when it is aborted.*, but it goes on|^expected the call to reject, but it gave a response|^whether the answer to a call that is aborted after a 503 is read/,
  'answers after calls that were aborted':
    /^the status of a call after ten that were aborted: expected 200, got undefined/,
  'leaves no timer behind': /^the number of timers that are left: expected 0, got [1-9]/,
  "leaves no listener on the caller's signal": /^the number of listeners after .*: expected 0, got [1-9]/,
  'takes a string, a URL and a Request':
    /^what next was asked for: |^a header of a Request whose |^the body of a call without one: |Failed to parse URL|Invalid URL|undefined/,
  'hands on methods and headers as they are written':
    /^the method: |^the headers: |^the headers that a layer inside reads/,
  'hands on a relative address': /^the address that next was asked for: |Invalid URL/,
  'hands on an init of a class, and one that inherits': /^what next was asked for: expected "PUT 1"/,
  'lets init take the signal from a Request':
    /^the status of a call whose signal is null: |^whether the signal of what/,
  'hands on the members of init and of a Request': /^\w+ of what next was asked for(?: after a 503| after an error)?: /,
  'hands on the body':
    /^the body that next was given: |^what next was given after an? (?:503|401|error): |^Invalid character$/,
  'hands on a stream as it is':
    /^the body that next was given: |^the number of calls of next for a stream |duplex|disturbed|locked|used/,
  'hands on by reference what a Request cannot hold': /^init\.\w+ (?:at first|after a 503|after an error): /,
  'builds no Request and clones nothing for a plain call': /^the number of requests built and messages cloned: /,
  'sends what was asked for, whatever the caller changes afterwards':
    /^what next was (?:asked for|given after a 503|given after an error): |^the address that|^the body that|^a header of/,
  "leaves the caller's arguments as they were":
    /^the members of init of a |^init\.headers of a |^the headers of init of a |of the Request of a |^the URL of a |^the bodies: |read only|not extensible/,
  'calls next once for each call, as a plain function':
    /^the number of calls of next for three (?:calls|orders): |^whether next was called as a plain function|idempotency keys?/,
  'sends a POST once, also where it fails':
    /^the number of calls of next for a (?:POST|post|PATCH|LOCK) that (?:ends in |is not answered: )|^the status of a POST: |^the error of a POST that ends in |^whether the body of a [45]\d\d is /,
  'keeps concurrent calls apart':
    /^the answers?(?: to a (?:repetition|later call|GET and a HEAD)| where answers may be kept)?: |^the cookie that another origin gets: |operation was aborted|already been read|^whether a call (?:is sent with the credentials|has the signal) of another: |^whether a call (?:after a 4\d\d|that is not answered|that waits for a token) ends by the signal|^whether calls that are made at once end after a 401|^whether a token that could not be had is asked for again: /,
  'serves two fetches at once': /^the answer of the (?:first|second) fetch: /,
};

/** A body that hands on what it is asked for, and does not hear that it is cancelled. */
function piped(
  body: ReadableStream,
  { error: failed }: { error(stream: ReadableStreamDefaultController, error: unknown): void },
): ReadableStream {
  const reader = body.getReader();
  const pull = async (stream: ReadableStreamDefaultController) => {
    try {
      const { done, value } = await reader.read();
      if (done) stream.close();
      else stream.enqueue(value);
    } catch (error) {
      failed(stream, error);
    }
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

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

/** A wait that ends with the signal. */
function sleep(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
    if (signal === undefined || signal === null) timer.unref();
  });
}

/** Without the members that are undefined. */
function pick(init: RequestInit): RequestInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
}

const mutants = Object.entries(faulty).flatMap(([title, kinds]) =>
  Object.entries(kinds).map(([what, middleware]) => [title, what, middleware] as const),
);

/** These count what happens in the whole process meanwhile, or hide it. */
const COUNTING = [
  'leaves no rejection unhandled',
  'leaves no timer behind',
  'builds no Request and clones nothing for a plain call',
  'rejects when next throws instead of rejecting',
];

describe.for([
  ['one after the other', false],
  ['at once, since they wait for what never comes', true],
] as const)('contractChecks, %s', ([, concurrent]) => {
  const some = mutants.filter(([title]) => COUNTING.includes(title) !== concurrent);

  it.each(some)('fail a wrong middleware: %s, but it %s', { concurrent }, async (title, _, middleware) => {
    await expect(contractChecks[title]!(() => middleware)).rejects.toThrow(reasons[title]);
  });
});

describe('contractChecks', () => {
  it('has wrong middlewares for each check', () => {
    expect(Object.keys(faulty).sort()).toEqual(Object.keys(contractChecks).sort());
    expect(mutants.length).toBeGreaterThan(60);
  });

  it('passes a middleware that adds a header of its own, makes calls wait for their turn, or refuses them', async () => {
    const naming: Middleware = (next) => async (input, init) => {
      const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
      headers.set('x-request-id', '1');
      return next(input, { ...init, headers });
    };
    const pacing: Middleware = (next) => {
      let left = 5; // and five more in a minute
      return async (...call) => (left-- > 0 ? next(...call) : new Promise(() => {}));
    };
    /** A call that is aborted does not count. */
    const limiting = (refuse: () => Promise<Response>): Middleware => {
      let left = 5;
      return (next) => (input, init) => {
        if (left === 0) return refuse();
        left--;
        return next(input, init).catch((error) => {
          left++;
          throw error;
        });
      };
    };

    const spaced = (): Middleware => {
      let turn = 0;
      return defineMiddleware(async (call, next) => {
        const now = performance.now();
        turn = Math.max(now, turn + 400);
        if (turn > now) await sleep(turn - now, call.signal);
        return next(call);
      });
    };

    await contractChecks['hands on methods and headers as they are written']!(() => naming);
    await contractChecks['leaves no timer behind']!(spaced);
    await contractChecks['answers after calls that were aborted']!(() => pacing);
    await contractChecks["leaves no listener on the caller's signal"]!(() => pacing);
    await contractChecks['hands on the body']!(() => pacing);
    await contractChecks['answers after calls that were aborted']!(() => limiting(() => new Promise(() => {})));
    await contractChecks['answers after calls that were aborted']!(() => limiting(() => Promise.reject(new Error())));
  });

  it('passes who repeats a POST that the server says it has not acted on', async () => {
    const again: Middleware = defineMiddleware(async (call, next) => {
      const response = await next(call);
      return [425, 429].includes(response.status) && call.replayable ? next(call) : response;
    });

    await contractChecks['sends a POST once, also where it fails']!(() => again);
  });

  it('passes who repeats a POST after a long wait', async () => {
    const patient = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 500 || !call.replayable) return response;
      discard(response);
      await sleep(60_000, call.signal);
      return next(call);
    });

    await contractChecks['gives a response before its body is there']!(() => patient);
  });

  it('passes who keeps cookies by the address of a response, as fetch-cookie', async () => {
    const keepsCookies: Middleware = (next) => {
      const jar = new Map<string, string>();
      return async (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Request).headers);
        const cookie = jar.get(new URL(input instanceof Request ? input.url : input).origin);
        if (cookie) headers.set('cookie', cookie);
        const response = await next(input, { ...init, headers });
        for (const given of response.headers.getSetCookie()) jar.set(new URL(response.url).origin, given);
        return response;
      };
    };

    await contractChecks['keeps concurrent calls apart']!(() => keepsCookies);
  });

  it('passes who signs a call or reads a file before it is sent', async () => {
    const signing: Middleware = defineMiddleware(async (call, next) => {
      const headers = new Headers(call.headers);
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(call.url));
      headers.set('x-signature', `${new Uint8Array(hash)} ${(await readFile(import.meta.filename)).length}`);
      return next(call.with({ headers }));
    });

    for (const check of Object.values(contractChecks)) await check(() => signing);
  });

  it.each([1, 4, 11, 20, 25])('passes who signs a call on a machine that is slow once, at call %i', async (slow) => {
    for (const title of [
      "rejects with the caller's abort reason",
      'answers after calls that were aborted',
      'rejects with the error of next itself',
      'sends a POST once, also where it fails',
      'gives a response before its body is there',
      'gives a 404, a 302 and a 204 as any other response',
    ]) {
      let calls = 0;
      const signing = defineMiddleware(async (call, next) => {
        if (++calls === slow) await delay(150);
        return next(call);
      });

      await contractChecks[title]!(() => signing);
    }
  });

  it('passes who goes on for a moment after a call, and limits it by a timer', async () => {
    const lingering = defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      const limit = setTimeout(() => {}, 100);
      void delay(20).finally(() => clearTimeout(limit)); // a browser takes such a time to read a body to its end
      return unwrap(outcome);
    });

    await contractChecks['leaves no timer behind']!(() => lingering);
  });

  it('leaves no call behind that waits to be repeated', async () => {
    let waiting = 0;
    const patient: Middleware = (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 503) return response;
      waiting++;
      await sleep(60_000, init?.signal ?? (input as Request).signal).finally(() => waiting--);
      return next(input, init);
    };

    await contractChecks['hands on the body']!(() => patient);

    await vi.waitFor(() => expect(waiting).toBe(0));
  });

  it('leaves no call of one check behind that a later one would take for its own', async () => {
    const polling = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 429 || !call.replayable) return response;
      discard(response);
      for (let turns = 0; turns < 1_000; turns++) await sleep(1, call.signal);
      return next(call);
    });

    await contractChecks["leaves the caller's arguments as they were"]!(() => polling);
    await contractChecks['leaves no timer behind']!(() => polling);
  });

  it('passes who waits after a 429, and who renews a token for all calls, or through next, also in vain', async () => {
    const patient = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 429 || !call.replayable) return response;
      discard(response);
      await systemClock.sleep(Number(response.headers.get('retry-after')) * 1_000, call.signal);
      return next(call);
    });
    let renewal: Promise<void> | undefined;
    const renewing = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      discard(response);
      renewal ??= delay(20).finally(() => {
        renewal = undefined;
      });
      await new Promise<void>((resolve, reject) => {
        const stop = onAbort(call.signal, reject);
        void renewal!.then(resolve).finally(stop);
      });
      return next(call);
    });
    const asking = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      discard(response);
      const signal = call.signal ?? null;
      discard(await next(Call.from('https://contract.test/token', { method: 'POST', body: 'who', signal })));
      return next(call);
    });
    const refused = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      const token = await next(Call.from('https://contract.test/token', { signal: call.signal ?? null }));
      discard(token);
      if (!token.ok) return response;
      discard(response);
      return next(call);
    });
    const copying = defineMiddleware(async (call, next) => {
      const response = await next(call);
      return new Response(response.body, response);
    });
    await contractChecks['gives a response that nobody has read']!(() => compose(copying, refused));

    for (const check of Object.values(contractChecks)) {
      await check(() => patient);
      await check(() => renewing);
      await check(() => asking);
      await check(() => refused);
    }
  });

  it('passes who asks for a token in a loop with waits, who asks for none for a while after a failure, and who reports a 401 once', async () => {
    const renewing =
      (ask: (next: Fetch) => Promise<Response>, calmFor = 0): Middleware =>
      (next) => {
        let renewal: Promise<boolean> | undefined;
        let failedAt = -Infinity;
        return defineMiddleware(async (call, following) => {
          const response = await following(keepBody(call));
          if (response.status !== 401 || performance.now() - failedAt < calmFor) return response;
          renewal ??= ask(next).then(
            ({ ok }) => ok,
            () => false,
          );
          const isRenewed = await new Promise<boolean>((resolve, reject) => {
            const stop = onAbort(call.signal, reject);
            void renewal!.then(resolve).finally(stop);
          });
          renewal = undefined;
          if (!isRenewed) failedAt = performance.now();
          return isRenewed ? following(call) : response;
        })(next);
      };
    const token = (next: Fetch) => settle(next('https://contract.test/token')).then(unwrap);
    const inLoop = async (next: Fetch, left = 2): Promise<Response> => {
      const outcome = await settle(next('https://contract.test/token'));
      if (outcome.response?.ok || left === 0) return unwrap(outcome);
      await delay(300);
      return inLoop(next, left - 1);
    };
    const reporting: Middleware = (next) => {
      let isReported = false;
      return defineMiddleware(async (call, following) => {
        const response = await following(call);
        if (response.status === 401 && !isReported) void settle(next('https://reports.test/401'));
        isReported ||= response.status === 401;
        return response;
      })(next);
    };

    for (const right of [renewing(inLoop), renewing(token, 5_000), reporting])
      await contractChecks['keeps concurrent calls apart']!(() => right);
  });

  it('keeps no other check waiting where a call never ends', async () => {
    const deaf: Middleware = (next) => (input, init) => next(input, { ...init, signal: null });

    await contractChecks['leaves no timer behind']!(() => deaf);
  });

  it('fails who repeats a 500 without an end, and keeps no other check that counts copies waiting', async () => {
    const stubborn: Middleware = (next) =>
      async function repeat(input, init): Promise<Response> {
        const response = await next(input, init);
        return response.ok ? response : repeat(input, init);
      };
    const check = contractChecks['builds no Request and clones nothing for a plain call']!;

    await expect(check(() => stubborn)).rejects.toThrow('whether plain calls end, also one that gets a 500');
    await check(() => pass);
  });

  it('fails who takes it that each call has an init, and leaves none of its rejections unhandled', async () => {
    const careless: Middleware = (next) => async (input, init) => next(input, { ...init, body: init!.body ?? null });

    await expect(contractChecks['gives a response before its body is there']!(() => careless)).rejects.toThrow('body');
  });

  it('waits for the calls that fail at the same time, and not one after the other', async () => {
    let inside = 0;
    let most = 0;
    const counting: Middleware = (next) => async (input, init) => {
      most = Math.max(most, ++inside);
      return next(input, init).finally(() => inside--);
    };

    await contractChecks['sends a POST once, also where it fails']!(() => counting);

    expect(most).toBeGreaterThan(30);
  });

  it('counts what is copied, and what is taken off a signal again', async () => {
    const listening: Middleware = (next) => async (input, init) => {
      const stop = () => {};
      init?.signal?.addEventListener('abort', stop);
      const response = await next(input, init);
      init?.signal?.removeEventListener('abort', stop);
      return response;
    };
    const copying: Middleware = (next) => async (input, init) => {
      const response = await next(new Request(new Request(input, init).clone()));
      return response.clone();
    };
    const title = 'builds no Request and clones nothing for a plain call';

    await expect(contractChecks[title]!(() => copying)).rejects.toThrow('expected 0, got 16');
    await expect(contractChecks["leaves no listener on the caller's signal"]!(() => listening)).rejects.toThrow(
      'the number of listeners after an error, on the signal of init: expected 0, got 1',
    );
  });

  it('allows a middleware to resolve an address against the page, and no other address', async () => {
    vi.stubGlobal('location', { href: 'https://page.test/app/' });
    const check = contractChecks['hands on a relative address']!;
    const resolving: Middleware = (next) => async (input, init) =>
      next(new Request(new URL(String(input), 'https://page.test/app/'), init));
    const elsewhere: Middleware = (next) => async (_, init) => next('https://other.test/', init);

    await check(() => resolving);
    await check(() => (next) => next);
    await expect(check(() => elsewhere)).rejects.toThrow('the address that next was asked for');
    vi.unstubAllGlobals();
  });

  it('asks for no more than the Request of a platform keeps', async () => {
    class BunRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init?.signal === null ? { ...init, signal: (input as Request).signal } : init);
        this.headers.delete('content-type');
      }
      override get method(): string {
        return /^[A-Z]+$/.test(super.method) ? super.method : 'GET';
      }
    }
    class HappyDomRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        if (init?.method?.startsWith('x-')) throw new DOMException(`'${init.method}' HTTP method is unsupported.`);
        super(input, { ...init, ...(init?.method && { method: init.method.toUpperCase() }) });
      }
    }
    class FirefoxRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init?.body instanceof ReadableStream ? { ...init, body: String(init.body) } : init);
      }
    }
    const building: Middleware = (next) => async (input, init) => next(new Request(input, init));
    const adding: Middleware = (next) => async (input, init) => next(new Request(input, init), {});

    await contractChecks['hands on the members of init and of a Request']!(() => building); // Node 24 copies no policy
    await contractChecks['hands on the members of init and of a Request']!(() => adding);
    vi.stubGlobal('Request', BunRequest);
    await contractChecks['hands on methods and headers as they are written']!(() => pass);
    await contractChecks["leaves the caller's arguments as they were"]!(() => pass);
    await contractChecks['lets init take the signal from a Request']!(() => pass);
    vi.stubGlobal('Request', HappyDomRequest);
    await contractChecks['hands on methods and headers as they are written']!(() => pass);
    vi.stubGlobal('Request', FirefoxRequest);
    await contractChecks['hands on a stream as it is']!(() => pass);
    vi.unstubAllGlobals();
  });

  it('passes who encodes a form, also where the platform sends no line end after it, as Deno', async () => {
    class DenoRequest extends Request {
      readonly #isForm: boolean;
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init);
        this.#isForm = init?.body instanceof FormData;
      }
      override async text(): Promise<string> {
        const text = await super.text();
        return this.#isForm ? text.trimEnd() : text;
      }
    }
    const encoding: Middleware = (next) => async (input, init) => {
      if (!(init?.body instanceof FormData)) return next(input, init);
      return next(input, { ...init, body: await new Response(init.body).blob() });
    };
    vi.stubGlobal('Request', DenoRequest);
    onTestFinished(() => void vi.unstubAllGlobals());

    await contractChecks['hands on the body']!(() => encoding);
  });

  it('counts no timer that has fired or is cleared', async () => {
    const waiting: Middleware = (next) => async (input, init) => {
      const often = setInterval(() => {}, 60_000);
      await new Promise((resolve) => setTimeout(resolve, 0));
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          clearInterval(timer);
          resolve();
        }, 1);
      });
      clearInterval(often);
      return next(input, init);
    };

    await contractChecks['leaves no timer behind']!(() => waiting);
  });

  it('says that a call should have been rejected', async () => {
    const deaf: Middleware = () => async () => new Response('ok');

    await expect(contractChecks["rejects with the caller's abort reason"]!(() => deaf)).rejects.toThrow(
      'expected the call to reject, but it gave a response',
    );
  });

  it('says that a call threw', async () => {
    const wrapper: Middleware = (next) => (input, init) => next(input, init);

    await expect(contractChecks['rejects when next throws instead of rejecting']!(() => wrapper)).rejects.toThrow(
      'expected the call to reject, but it threw what next threw',
    );
  });

  it('fails a middleware that calls next in a timer and handles nothing there, and goes on', async () => {
    const bare: Middleware = (next) => (input, init) =>
      new Promise((resolve) => setTimeout(() => resolve(next(input, init)), 1));
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException'); // those of vitest, which fail the run

    try {
      await expect(contractChecks['rejects when next throws instead of rejecting']!(() => bare)).rejects.toThrow(
        'expected the call to reject, but it never ends',
      );
      expect(process.listeners('uncaughtException')).toEqual([]);
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('says what is wrong where no middleware is made, or one that is already around a fetch', async () => {
    const check = contractChecks['takes a string, a URL and a Request']!;

    await expect(check((async () => pass) as never)).rejects.toThrow('what it returns: expected a function, got');
    await expect(check((() => async () => new Response()) as never)).rejects.toThrow(
      'its middleware returns: expected',
    );
  });

  it('leaves no listener on the process where a middleware fails a check', async () => {
    const answering: Middleware = (next) => (input, init) =>
      next(input, init).catch(() => new Response(null, { status: 503 }));
    const events = ['unhandledRejection', 'uncaughtException'];
    const before = events.map((event) => process.listenerCount(event));

    await expect(contractChecks['leaves no rejection unhandled']!(() => answering)).rejects.toThrow('gave a response');

    expect(events.map((event) => process.listenerCount(event))).toEqual(before);
  });

  it('leaves the globals as they were', async () => {
    const before = [Request, Request.prototype.clone, Response.prototype.clone];

    await contractChecks['builds no Request and clones nothing for a plain call']!(() => pass);

    expect([Request, Request.prototype.clone, Response.prototype.clone]).toEqual(before);
  });
});

describe('middlewareContract', () => {
  it('registers its checks with any runner, but for the exceptions', async () => {
    const tests: [string, () => Promise<void>][] = [];
    const suites: string[] = [];
    const runner = {
      describe: (name: string, body: () => void) => {
        suites.push(name);
        body();
      },
      it: (name: string, test: () => Promise<void>) => tests.push([name, test]),
    };

    middlewareContract(() => pass, { runner, except: ['serves two fetches at once'] });

    expect(suites).toEqual(['the middleware contract']);
    expect(tests).toHaveLength(Object.keys(contractChecks).length - 1);
    await tests[0]![1]();
  });

  it('runs its checks one after the other where the runner can', () => {
    const sequential = vi.fn();
    const runner = { describe: Object.assign(vi.fn(), { sequential }), it: vi.fn() };

    middlewareContract(() => pass, { runner });

    expect(sequential).toHaveBeenCalledOnce();
    expect(runner.describe).not.toHaveBeenCalled();
  });

  it('does not blame a wrapper where a Request reads what it is made of when it is sent, as in happy-dom', async () => {
    const { Request: Platform } = globalThis;
    class LateRequest extends Platform {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        const { body } = init ?? {};
        const pull = (stream: ReadableStreamDefaultController) => {
          stream.enqueue((body as Uint8Array).slice());
          stream.close();
        };
        const late = { body: new ReadableStream({ pull }), duplex: 'half' } as RequestInit;
        super(input, body instanceof Uint8Array ? { ...init, ...late } : init);
        if (input instanceof URL) Object.defineProperty(this, 'url', { get: () => input.href });
      }
    }
    vi.stubGlobal('Request', LateRequest);
    onTestFinished(() => void vi.unstubAllGlobals());

    await contractChecks['sends what was asked for, whatever the caller changes afterwards']!(() => (next) => next);
  });

  it('does not blame who cancels a body where a Response does not show that, as in happy-dom', async () => {
    const { Response: Platform } = globalThis;
    class QuietResponse extends Platform {
      #isRead = false;
      override get bodyUsed(): boolean {
        return this.#isRead;
      }
      override text(): Promise<string> {
        this.#isRead = true;
        return super.text();
      }
    }
    vi.stubGlobal('Response', QuietResponse);
    onTestFinished(() => void vi.unstubAllGlobals());
    const cancelling: Middleware = (next) => again(next, next, (response) => void response.body?.cancel());

    await contractChecks['gives a response that nobody has read']!(() => cancelling);
  });

  it('does without vitest where it is missing', async () => {
    expect(await loadRunner('no-such-runner')).toBeNull();
  });

  it('finds global test functions where vitest is not, and says so where there are none', () => {
    const globals = { describe: () => {}, it: () => {} };

    expect(testRunner(null, globals)).toEqual(globals);
    expect(() => testRunner(null, {})).toThrow('no test runner found: pass { runner: { describe, it } }');
  });

  it('refuses what it does not know', () => {
    expect(() => middlewareContract(pass(fetch) as never, { nam: 'x' } as never)).toThrow("unknown option 'nam'");
    expect(() => middlewareContract('x' as never)).toThrow(TypeError);
    expect(() => middlewareContract(() => pass, { except: ['nothing'] })).toThrow("no check is called 'nothing'");
    expect(() => middlewareContract(() => pass, { except: ['toString'] })).toThrow("no check is called 'toString'");
  });

  it.each<[object, string]>([
    [{ except: 5 }, 'middlewareContract: except: expected an array of names of checks, got 5'],
    [{ name: 5 }, 'middlewareContract: name: expected a string, got 5'],
    [{ runner: {} }, 'middlewareContract: runner.describe: expected a function, got undefined'],
    [{ runner: null }, 'middlewareContract: runner.describe: expected a function, got undefined'],
    [{ runner: { describe } }, 'middlewareContract: runner.it: expected a function, got undefined'],
  ])('refuses options that mean nothing: %j', (options, message) => {
    expect(() => middlewareContract(() => pass, options)).toThrow(new TypeError(message));
  });
});
