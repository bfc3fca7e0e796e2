// Libraries around fetch, for any server.
import { QueryClient } from '@tanstack/query-core';
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import axios from 'axios';
import ky from 'ky';
import { createFetch } from 'ofetch';
import { up } from 'up-fetch';
import wretch from 'wretch';
import { type CallOptions, type Client, initOf, keyHeader, textOf, textParts } from './client.ts';

const t = initTRPC.create();
const router = t.router({ report: t.procedure.query(() => true), order: t.procedure.mutation(() => true) });

const LINKS = { httpLink, httpBatchLink } as const;

function trpc(kind: keyof typeof LINKS, answer: unknown): Client {
  return {
    name: `@trpc/client ${kind}`,
    from: '@trpc/client',
    abort: 'TRPCClientError',
    failure: 'TRPCClientError, meta.response.status 503',
    answer,
    connect: (url, fetch) => {
      const headers = ({ op, opList }: { op?: { context: object }; opList?: { context: object }[] }) =>
        keyHeader((op ?? opList![0]!).context as CallOptions);
      const link = LINKS[kind] as (options: object) => ReturnType<typeof httpLink<typeof router>>;
      const client = createTRPCClient<typeof router>({ links: [link({ url, fetch, headers })] });
      const options = ({ signal, key }: CallOptions = {}) => ({
        ...(signal && { signal }),
        context: key === undefined ? {} : { key },
      });
      return {
        get: (given) => client.report.query(undefined, options(given)),
        post: (given) => client.order.mutate(undefined, options(given)),
      };
    },
  };
}

const wretchClient: Client = {
  name: 'wretch',
  from: 'wretch',
  abort: 'the reason',
  failure: 'WretchError, status 503',
  connect: (url, fetch) => {
    const api = wretch(url).fetchPolyfill(fetch);
    const made = (options?: CallOptions) => api.options(initOf(options));
    return {
      get: (options) => made(options).get().text(),
      post: (options) => made(options).post({ item: 7 }).text(),
      stream: async function* () {
        yield* textParts((await api.get().res()).body);
      },
    };
  },
};

const ofetch: Client = {
  name: 'ofetch',
  from: 'ofetch',
  abort: 'FetchError',
  failure: 'FetchError, status 503',
  connect: (url, fetch) => {
    const api = createFetch({ fetch: fetch as typeof globalThis.fetch, defaults: { retry: 0, baseURL: url } });
    return {
      get: (options) => api('/report', initOf(options)),
      post: (options) => api('/report', { ...initOf(options), method: 'POST', body: { item: 7 } }),
      stream: async function* () {
        yield* textParts(await api('/report', { responseType: 'stream' }));
      },
    };
  },
};

const upFetch: Client = {
  name: 'up-fetch',
  from: 'up-fetch',
  abort: 'the reason',
  failure: 'ResponseError, status 503',
  connect: (url, fetch) => {
    const api = up(fetch, () => ({ baseUrl: url }));
    return {
      get: (options) => api('/report', initOf(options)),
      post: (options) => api('/report', { ...initOf(options), method: 'POST', body: { item: 7 } }),
      stream: async function* () {
        yield* textParts(await api('/report', { parseResponse: (response: Response) => response.body! }));
      },
    };
  },
};

const axiosClient: Client = {
  name: 'axios',
  from: 'axios',
  abort: 'CanceledError',
  failure: 'AxiosError, status 503',
  connect: (url, fetch) => {
    const api = axios.create({ baseURL: url, adapter: 'fetch', env: { fetch } });
    return {
      get: async (options) => (await api.get('/report', initOf(options))).data,
      post: async (options) => (await api.post('/report', { item: 7 }, initOf(options))).data,
      stream: async function* () {
        yield* textParts((await api.get('/report', { responseType: 'stream' })).data);
      },
    };
  },
};

const tanstack: Client = {
  name: '@tanstack/query-core',
  from: '@tanstack/query-core',
  abort: 'CancelledError',
  failure: 'what `queryFn` throws',
  connect: (url, fetch) => {
    const client = new QueryClient({ defaultOptions: { queries: { retry: false }, mutations: { retry: false } } });
    const post = (options: CallOptions = {}) =>
      fetch(`${url}report`, { method: 'POST', headers: keyHeader(options) }).then(textOf);
    return {
      get: ({ signal: abort } = {}) => {
        const queryKey = ['report'];
        abort?.addEventListener('abort', () => void client.cancelQueries({ queryKey }));
        return client.fetchQuery({ queryKey, queryFn: ({ signal }) => fetch(`${url}report`, { signal }).then(textOf) });
      },
      post: (options) =>
        client
          .getMutationCache()
          .build(client, { mutationFn: () => post(options), networkMode: 'always' })
          .execute(undefined),
    };
  },
};

const kyClient: Client = {
  name: 'ky',
  from: 'ky',
  abort: 'the reason',
  failure: 'HTTPError, response.status 503',
  connect: (url, fetch) => {
    const api = ky.create({ prefix: url, fetch, retry: 0, timeout: false });
    return {
      get: (options) => api.get('report', initOf(options)).text(),
      post: (options) => api.post('report', { ...initOf(options), json: { item: 7 } }).text(),
      stream: async function* () {
        yield* textParts((await api.get('report')).body);
      },
    };
  },
};

export const LIBRARIES: readonly Client[] = [
  trpc('httpLink', { result: { data: true } }),
  trpc('httpBatchLink', [{ result: { data: true } }]),
  wretchClient,
  ofetch,
  upFetch,
  axiosClient,
  tanstack,
  kyClient,
];
