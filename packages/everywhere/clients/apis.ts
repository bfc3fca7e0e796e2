// Clients of one API, and of any API that is described.
import Anthropic from '@anthropic-ai/sdk';
import { request } from '@octokit/request';
import { PostgrestClient } from '@supabase/postgrest-js';
import { createClient as createSupabase } from '@supabase/supabase-js';
import { Octokit } from 'octokit';
import OpenAI from 'openai';
import createClient from 'openapi-fetch';
import Stripe from 'stripe';
import { type CallOptions, type Client, ErrorResult, initOf, keyHeader, textParts } from './client.ts';

interface Paths {
  '/report': Record<'get' | 'post', { responses: { 200: { content: { 'application/json': { ok: boolean } } } } }>;
}

const openapiFetch: Client = {
  name: 'openapi-fetch',
  from: 'openapi-fetch',
  abort: 'the reason',
  failure: '`{ error, response }`, status 503',
  connect: (baseUrl, fetch) => {
    const api = createClient<Paths>({ baseUrl, fetch });
    const data = <T>({ data, error, response }: { data?: T; error?: unknown; response: Response }) => {
      if (!response.ok) throw new ErrorResult(error ?? 'error', response.status);
      return data;
    };
    return {
      get: async (options) => data(await api.GET('/report', initOf(options))),
      post: async (options) => data(await api.POST('/report', initOf(options))),
      stream: async function* () {
        const { data: body } = await api.GET('/report', { parseAs: 'stream' });
        yield* textParts(body as ReadableStream<Uint8Array>);
      },
    };
  },
};

const openai: Client = {
  name: 'openai',
  from: 'openai',
  abort: 'APIUserAbortError',
  failure: 'InternalServerError, status 503',
  answer: { object: 'list', data: [{ id: 'm', object: 'model' }] },
  parts: [
    'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
    'data: {"choices":[{"delta":{"content":"b"}}]}\n\ndata: [DONE]\n\n',
  ],
  connect: (baseURL, fetch) => {
    const client = new OpenAI({ apiKey: 'key', baseURL, fetch, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    return {
      get: (given) => client.models.list(initOf(given)),
      post: (given) => client.chat.completions.create({ model: 'm', messages }, initOf(given)),
      stream: async function* () {
        const stream = await client.chat.completions.create(
          { model: 'm', messages, stream: true },
          { headers: { 'Idempotency-Key': 'k' } },
        );
        for await (const part of stream) yield part.choices[0]?.delta.content;
      },
    };
  },
};

const anthropic: Client = {
  name: '@anthropic-ai/sdk',
  from: '@anthropic-ai/sdk',
  abort: 'APIUserAbortError',
  failure: 'ServiceUnavailableError, status 503',
  answer: { data: [], has_more: false, first_id: null, last_id: null },
  parts: [
    'event: ping\ndata: {"type":"ping"}\n\nevent: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ],
  connect: (baseURL, fetch) => {
    const client = new Anthropic({ apiKey: 'key', baseURL, fetch, maxRetries: 0 });
    const message = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hello' }] };
    return {
      get: (given) => client.models.list({}, initOf(given)),
      post: (given) => client.messages.create(message, initOf(given)),
      stream: async function* () {
        yield* await client.messages.create({ ...message, stream: true }, { headers: { 'Idempotency-Key': 'k' } });
      },
    };
  },
};

const octokitRequest: Client = {
  name: '@octokit/request',
  from: '@octokit/request',
  abort: 'the reason',
  failure: 'RequestError, status 503',
  connect: (baseUrl, fetch) => octokitBy(request.defaults({ baseUrl, request: { fetch } })),
};

const octokit: Client = {
  name: 'octokit',
  from: 'octokit',
  abort: 'the reason',
  failure: 'RequestError, status 503',
  connect: (baseUrl, fetch) => {
    const off = { enabled: false };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const client = new Octokit({ baseUrl, log, request: { fetch }, retry: off, throttle: off });
    return octokitBy(client.request as unknown as typeof request);
  },
};

function octokitBy(send: typeof request): ReturnType<Client['connect']> {
  const options = (given: CallOptions = {}) => ({
    headers: keyHeader(given),
    request: given.signal ? { signal: given.signal } : {},
  });
  return {
    get: (given) => send('GET /report', options(given)),
    post: (given) => send('POST /report', options(given)),
    stream: async function* () {
      const { data } = await send('GET /report', { request: { parseSuccessResponseBody: false } });
      yield* textParts(data as ReadableStream<Uint8Array>);
    },
  };
}

const supabase: Client = {
  name: '@supabase/supabase-js',
  from: '@supabase/supabase-js',
  abort: '`{ error }`',
  failure: '`{ error, status }`, status 503',
  answer: [{ id: 1 }],
  connect: (url, fetch) => {
    const client = createSupabase(url, 'key', {
      global: { fetch },
      auth: { persistSession: false, autoRefreshToken: false },
    });
    return {
      ...tableOf(() => client.from('report')),
      stream: async function* () {
        const { data } = await client.functions.invoke<Response>('report', { method: 'GET' });
        yield* textParts(data!.body);
      },
    };
  },
};

const postgrest: Client = {
  name: '@supabase/postgrest-js',
  from: '@supabase/postgrest-js',
  abort: '`{ error }`',
  failure: '`{ error, status }`, status 503',
  answer: [{ id: 1 }],
  connect: (url, fetch) => {
    const client = new PostgrestClient(url, { fetch, retry: false });
    return tableOf(() => client.from('report'));
  },
};

type Table = ReturnType<PostgrestClient['from']>;

function tableOf(table: () => unknown): ReturnType<Client['connect']> {
  const send = async (query: ReturnType<Table['select']>, { signal, key }: CallOptions) => {
    if (key !== undefined) query.setHeader('Idempotency-Key', key);
    if (signal) query.abortSignal(signal);
    const { data, error, status } = await query.retry(false);
    if (error) throw new ErrorResult(error.message, status);
    return data;
  };
  return {
    get: (options = {}) => send((table() as Table).select(), options),
    post: (options = {}) => send((table() as Table).insert({ item: 7 } as never) as never, options),
  };
}

const stripe: Client = {
  name: 'stripe',
  from: 'stripe',
  abort: 'has no signal',
  failure: 'StripeAPIError, statusCode 503',
  answer: { id: 'cus_1', object: 'customer' },
  sendsKeys: true,
  connect: (url, fetch) => {
    const { hostname: host, port } = new URL(url);
    const httpClient = Stripe.createFetchHttpClient(fetch as typeof globalThis.fetch);
    const client = new Stripe('sk_test_1', {
      host,
      port: Number(port),
      protocol: 'http',
      httpClient,
      maxNetworkRetries: 0,
      telemetry: false,
    });
    return {
      get: () => client.customers.retrieve('cus_1'),
      post: ({ key } = {}) => client.customers.create({}, key === undefined ? {} : { idempotencyKey: key }),
    };
  },
};

export const APIS: readonly Client[] = [
  openapiFetch,
  openai,
  anthropic,
  octokitRequest,
  octokit,
  supabase,
  postgrest,
  stripe,
];
