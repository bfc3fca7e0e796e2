import { defineMiddleware } from '@steadfetch/core';
import { copyOf, facts, pick } from './copies.ts';
import { afterError, again } from './repeats.ts';
import type { WrongMiddlewares } from './table.ts';

export const wrongBodies: WrongMiddlewares = {
  'hands on the body': {
    'copies the values of a view, not its bytes': (next) => async (input, init) => {
      const body: unknown = init?.body;
      return next(input, ArrayBuffer.isView(body) ? { ...init, body: new Uint8Array(body as Uint8Array) } : init);
    },
    'takes an empty text for none': (next) => async (input, init) =>
      next(input, init?.body === '' ? { ...init, body: null } : init),
    'names JSON of any kind by one type': (next) => async (input, init) => {
      const headers = new Headers(init?.headers);
      if (!headers.get('content-type')?.includes('json')) return next(input, init);
      headers.set('content-type', 'application/json');
      return next(input, { ...init, headers });
    },
    'tells the length of a text in letters': (next) => async (input, init) => {
      if (typeof init?.body !== 'string') return next(input, init);
      const headers = new Headers(init.headers ?? (input as Request).headers);
      headers.set('content-length', String(init.body.length));
      return next(input, { ...init, headers });
    },
    'repeats it after an error without its body': (next) =>
      afterError(next, (input, init) => next(input, init && { ...init, body: null })),
    'repeats it after an error without its headers': (next) =>
      afterError(next, (input, init) => next(input, init && { ...init, headers: {} })),
    'writes a text once more as JSON where it repeats': (next) =>
      again(next, (input, init) =>
        next(input, typeof init?.body === 'string' ? { ...init, body: JSON.stringify(init.body) } : init),
      ),
    'repeats a form with the headers of its first Request': (next) =>
      again(next, (input, init) => {
        const isForm = init?.body instanceof FormData;
        return next(input, isForm ? { ...init, headers: new Request(input, init).headers } : init);
      }),
    'repeats a file as a text': (next) =>
      again(next, (input, init) => next(input, init?.body instanceof Blob ? { ...init, body: `${init.body}` } : init)),
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
    'sends it once more when it is slow': (next) => async (input, init) => {
      if (init?.method === 'POST') return next(input, init);
      const late = new Promise<Response>((resolve, reject) => {
        const timer = setTimeout(() => next(input, init).then(resolve, reject), 10);
        init?.signal?.addEventListener('abort', () => clearTimeout(timer), { once: true });
      });
      return Promise.race([next(input, init), late]);
    },
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
};
