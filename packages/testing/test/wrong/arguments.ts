import { discard } from '@steadfetch/core';
import { copyOf, pick } from './copies.ts';
import { afterError, again } from './repeats.ts';
import type { WrongMiddlewares } from './table.ts';

export const wrongArguments: WrongMiddlewares = {
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
};
