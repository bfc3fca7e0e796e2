import type { Fetch } from '@steadfetch/core';
import type { WrongMiddlewares } from './table.ts';

/** What is wrong with a Request, a PUT or a POST alone, by the name of the check that finds it. */
export const wrongOfOneKind: WrongMiddlewares = {
  'gives the response of next itself': {
    'gives a copy to a PUT': (next) => async (input, init) => {
      const response = await next(input, init);
      return init?.method === 'PUT' ? response.clone() : response;
    },
  },
  'gives a 404, a 302 and a 204 as any other response': {
    'throws where a Request is moved': (next) => async (input, init) => {
      const response = await next(input, init);
      if (input instanceof Request && response.status === 302) throw new Error('moved');
      return response;
    },
  },
  'gives a response before its body is there': {
    'reads what a GET has not found': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 404 && init?.method === undefined) await response.clone().text();
      return response;
    },
    'reads the whole answer to a Request': (next) => async (input, init) => {
      const response = await next(input, init);
      if (input instanceof Request) await response.clone().arrayBuffer();
      return response;
    },
  },
  'rejects with the error of next itself': {
    'keeps the error of a Request': (next) => {
      let kept: Promise<Response> | undefined;
      return async (input, init) => {
        if (!(input instanceof Request)) return next(input, init);
        const answer = kept ?? next(input, init);
        answer.catch(() => {
          kept = answer;
        });
        return answer;
      };
    },
  },
  'rejects when next throws instead of rejecting': {
    'hands a PUT on as it is': (next) => (input, init) => {
      return init?.method === 'PUT' ? next(input, init) : Promise.resolve().then(() => next(input, init));
    },
  },
  'calls next once for each call, as a plain function': {
    'has it as a method for a Request': (next) => {
      const client = { fetch: next };
      return async (input, init) => (input instanceof Request ? client.fetch(input, init) : next(input, init));
    },
  },
  'takes a string, a URL and a Request': {
    'adds its key to the query of a POST': (next) => async (input, init) => {
      if (init?.method?.toUpperCase() !== 'POST' || input instanceof Request) return next(input, init);
      const url = new URL(input);
      url.searchParams.delete('key');
      return next(url, init);
    },
  },
  'hands on the members of init and of a Request': {
    'forgets the mode and the redirect of a POST': (next) => async (input, init) => {
      if (init?.method !== 'POST') return next(input, init);
      const { mode, redirect, ...rest } = init;
      return next(input, rest);
    },
  },
  'hands on by reference what a Request cannot hold': {
    'hands on the members of a POST that it knows': (next) => async (input, init) => {
      if (init?.method !== 'POST') return next(input, init);
      const { method, headers, body, signal, cache } = init;
      return next(input, { method, headers, body, signal, cache, duplex: 'half' } as RequestInit);
    },
  },
  'hands on a relative address': {
    'tells by its origin whether a POST needs a token': (next) => async (input, init) => {
      if (init?.method === 'POST' && !(input instanceof Request)) void new URL(input).origin;
      return next(input, init);
    },
  },
  'lets init take the signal from a Request': {
    'listens to both for a POST': (next) => async (input, init) => {
      if (!(input instanceof Request) || (init?.method ?? input.method) !== 'POST') return next(input, init);
      return next(input, { ...init, signal: AbortSignal.any([input.signal, ...(init?.signal ? [init.signal] : [])]) });
    },
  },
  'hands on an init of a class, and one that inherits': {
    'adds a key to a POST': (next) => async (input, init) => {
      if (init?.method !== 'POST') return next(input, init);
      const headers = new Headers(init.headers);
      headers.set('idempotency-key', headers.get('idempotency-key') ?? crypto.randomUUID());
      return next(input, { ...init, headers });
    },
  },
  'sends what was asked for, whatever the caller changes afterwards': {
    'signs a Request that writes first': (next) => async (input, init) => {
      if (input instanceof Request && input.method !== 'GET') await Promise.resolve();
      return next(input, init);
    },
  },
  'serves two fetches at once': {
    'sends Requests by the first': (() => {
      let first: Fetch | undefined;
      return (next: Fetch): Fetch => {
        first ??= next;
        const before = first;
        return async (input, init) => (input instanceof Request ? before : next)(input, init);
      };
    })(),
  },
};
