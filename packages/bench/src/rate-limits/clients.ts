import { compose, rateLimit, retry } from 'steadfetch';
import { type Allowance, oracle } from './oracle.ts';

/** What a worker calls; gives the status. */
export type Client = (url: string) => Promise<number>;

type FetchLike = (url: string) => Promise<Response>;

/** What a user of each library writes first to get through a 429, and the most that can be got. Only the oracle looks at the limit. */
export const CLIENTS: Readonly<Record<string, (allowed: Allowance) => Promise<Client>>> = {
  'steadfetch retry(), rateLimit()': async () => statusOf(compose(retry(), rateLimit())(fetch)),
  'oracle, refused twice': async (allowed) => statusOf(oracle(allowed)),
  'fetch-extras, 5 retries': async () => {
    const { withRetry } = await import('fetch-extras');
    return statusOf(withRetry({ retries: 5 })(fetch) as FetchLike);
  },
  'fetch-retry, 5 retries': async () => {
    const { default: fetchRetry } = await import('fetch-retry');
    const retryDelay = (attempt: number) => 300 * 2 ** attempt;
    return statusOf(fetchRetry(fetch, { retries: 5, retryOn: [429, 503], retryDelay }) as FetchLike);
  },
  'ky, limit 5': async () => {
    const { default: ky } = await import('ky');
    return statusOf(ky.extend({ retry: { limit: 5 }, timeout: false }) as unknown as FetchLike);
  },
  'undici interceptors.retry, 5': async () => {
    const { Agent, fetch: send, interceptors } = await import('undici');
    const dispatcher = new Agent().compose(interceptors.retry({ maxRetries: 5, minTimeout: 300 }));
    return statusOf((url) => send(url, { dispatcher }) as unknown as Promise<Response>);
  },
  'axios-retry, 5 retries': async () => {
    const { default: axios } = await import('axios');
    const { default: axiosRetry, exponentialDelay } = await import('axios-retry');
    const client = axios.create();
    axiosRetry(client, {
      retries: 5,
      retryDelay: exponentialDelay,
      retryCondition: ({ response }) => response?.status === 429,
    });
    return async (url) => (await client.get(url)).status;
  },
};

function statusOf(send: FetchLike): Client {
  return async (url) => {
    const response = await send(url);
    await response.arrayBuffer();
    return response.status;
  };
}
