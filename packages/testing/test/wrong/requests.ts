import { defineMiddleware } from '@steadfetch/core';
import { copyOf, facts, pick } from './copies.ts';
import { afterError, again } from './repeats.ts';
import type { WrongMiddlewares } from './table.ts';

export const wrongRequests: WrongMiddlewares = {
  'takes a string, a URL and a Request': {
    'decodes the address for its log': (next) => async (input, init) => {
      decodeURIComponent(input instanceof Request ? input.url : String(input));
      return next(input, init);
    },
    'adds the query once more where it repeats': (next) =>
      again(next, (input, init) => next(`${input}&${String(input).split('?')[1]}`, init)),
    'puts its base in front once more where it repeats after an error': (next) =>
      afterError(next, (input, init) => next(String(input).replace('.test/', '.test/v1/'), init)),
    'writes the query anew where it repeats': (next) =>
      again(next, (input, init) => {
        const url = new URL(String(input));
        url.search = new URLSearchParams(url.search).toString();
        return next(url, init);
      }),
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
      url.pathname = url.pathname.replaceAll(/%[2-7]\w/g, decodeURIComponent);
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
    'asks for JSON, whatever the caller accepts': defineMiddleware((call, next) => {
      const headers = new Headers(call.headers);
      headers.set('accept', 'application/json');
      return next(call.with({ headers }));
    }),
    'makes one space of two, as where it signs them': defineMiddleware((call, next) => {
      const headers = [...call.headers].map(([name, value]): [string, string] => [name, value.replaceAll(/ +/g, ' ')]);
      return next(call.with({ headers }));
    }),
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
};
