import type { Fetch } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import type { ClientMaker } from '@steadfetch/testing';
import * as cockatiel from 'cockatiel';
import { withRetry } from 'fetch-extras';
import fetchRetry from 'fetch-retry';
import ky from 'ky';
import pRetry from 'p-retry';

/** What a user of each library writes first, with 503 counting as a failure where the library leaves that open. */
export const CLIENTS: Readonly<Record<string, ClientMaker>> = {
  'no retries': (fetch) => fetch,
  'steadfetch retry()': (fetch, { clock, random }) => retry({ clock, random })(fetch),
  'steadfetch retry({ maxRetries: 3 })': (fetch, { clock, random }) => retry({ clock, random, maxRetries: 3 })(fetch),
  'steadfetch without budget': (fetch, { clock, random }) => retry({ clock, random, budget: false })(fetch),
  'fetch-extras': (fetch) => withRetry()(fetch) as Fetch,
  'fetch-retry': (fetch) => fetchRetry(fetch, { retryOn: [503] }) as Fetch,
  ky: (fetch) => ky.extend({ fetch, timeout: false }) as unknown as Fetch,
  'ky, limit 5': (fetch) => ky.extend({ fetch, timeout: false, retry: { limit: 5 } }) as unknown as Fetch,
  'p-retry, 3 retries': (fetch) => (url, init) => pRetry(() => okOf(fetch(url, init)), { retries: 3 }),
  'cockatiel, 3 retries': (fetch) => {
    const backoff = new cockatiel.ExponentialBackoff();
    const failed = cockatiel.handleWhenResult((response) => (response as Response).status >= 500);
    const policy = cockatiel.retry(failed, { maxAttempts: 3, backoff });
    return (url, init) => policy.execute(() => fetch(url, init));
  },
};

async function okOf(sent: Promise<Response>): Promise<Response> {
  const response = await sent;
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}
