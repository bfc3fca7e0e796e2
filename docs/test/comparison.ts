// Plays the same few situations through retry() and its peers, as a user of each writes it first. What comes out is a table of
// docs/comparison.md.
import { type FakeFetch, fakeFetch, seededRandom } from '@steadfetch/testing';
import axios from 'axios';
import axiosRetry from 'axios-retry';
import * as cockatiel from 'cockatiel';
import { withRetry } from 'fetch-extras';
import fetchRetry from 'fetch-retry';
import ky from 'ky';
import pRetry from 'p-retry';
import { retry } from 'steadfetch';
import { vi } from 'vitest';

type Send = (url: string, init?: RequestInit) => Promise<unknown>;

const URL = 'https://api.example.com/';
const RESET = { error: 'ECONNRESET' } as const;

/** With 503 and 429 as failures where the library leaves that open, and three retries everywhere. */
export const CLIENTS: Readonly<Record<string, (fetch: FakeFetch) => Send>> = {
  steadfetch: (fetch) => retry({ maxRetries: 3 })(fetch),
  ky: (fetch) => ky.create({ fetch, timeout: false, retry: 3 }),
  'fetch-extras': (fetch) => withRetry({ retries: 3 })(fetch) as Send,
  'fetch-retry': (fetch) => fetchRetry(fetch, { retries: 3, retryOn: [429, 503] }) as Send,
  'axios-retry': (fetch) => {
    const api = axios.create({ adapter: 'fetch', env: { fetch } });
    axiosRetry(api, { retries: 3, retryDelay: axiosRetry.exponentialDelay });
    return (url, init) => api.request({ url, ...asAxios(init) });
  },
  'p-retry': (fetch) => (url, init) =>
    pRetry(() => okOf(fetch(url, init)), { retries: 3, ...(init?.signal ? { signal: init.signal } : {}) }),
  cockatiel: (fetch) => {
    const failed = cockatiel.handleAll.orWhenResult((response) => (response as Response).status >= 429);
    const policy = cockatiel.retry(failed, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() });
    return (url, init) => policy.execute(() => fetch(url, init), init?.signal ?? undefined);
  },
};

function asAxios({ method = 'GET', body, signal }: RequestInit = {}): object {
  return { method, data: body, ...(signal ? { signal } : {}) };
}

async function okOf(sent: Promise<Response>): Promise<Response> {
  const response = await sent;
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}

interface Played {
  /** When each request came, in seconds since the call began. */
  readonly at: readonly number[];
  readonly outcome: unknown;
  /** When the call ended; `undefined` if it did not within an hour and a half. */
  readonly endedAt: number | undefined;
}

async function play(
  make: (fetch: FakeFetch) => Send,
  script: Parameters<typeof fakeFetch>[0],
  init?: RequestInit,
  after?: { readonly ms: number; readonly run: () => void },
): Promise<Played> {
  vi.useFakeTimers();
  try {
    const startedAt = Date.now();
    const elapsed = () => (Date.now() - startedAt) / 1_000;
    const at: number[] = [];
    const server = fakeFetch(script);
    const counted = Object.assign((...args: Parameters<FakeFetch>) => {
      at.push(elapsed());
      return server(...args);
    }, server);
    let endedAt: number | undefined;
    let outcome: unknown;
    const end = (value: unknown) => {
      endedAt = elapsed();
      outcome = value;
    };
    void make(counted)(URL, init).then(end, end);
    if (after) {
      await vi.advanceTimersByTimeAsync(after.ms);
      after.run();
    }
    await vi.advanceTimersByTimeAsync(5_400_000);
    return { at, outcome, endedAt };
  } finally {
    vi.useRealTimers();
  }
}

const refusal = (seconds: number) => ({ status: 429, headers: { 'retry-after': String(seconds) } });
const requests = ({ at }: Played) => `${at.length}`;

type Situation = (make: (fetch: FakeFetch) => Send) => Promise<string>;

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'GET, 503 and then 200: requests': async (make) => requests(await play(make, [503, 200])),
  'GET, always 404: requests': async (make) => requests(await play(make, 404)),
  'POST, 503 and then 200: requests': async (make) =>
    requests(await play(make, [503, 200], { method: 'POST', body: '{}' })),
  'POST, reset and then 200: requests': async (make) =>
    requests(await play(make, [RESET, 200], { method: 'POST', body: '{}' })),
  'POST with an `Idempotency-Key`, 503 and then 200: requests': async (make) =>
    requests(await play(make, [503, 200], { method: 'POST', body: '{}', headers: { 'idempotency-key': '"a"' } })),
  '429 with `Retry-After: 7`: the second request comes': async (make) => {
    const { at } = await play(make, [refusal(7), 200]);
    return at[1]! < 7 ? 'too early' : 'not before 7 s';
  },
  '429 with `Retry-After: 3600`': async (make) => {
    const { at, endedAt } = await play(make, refusal(3_600));
    if (at.length === 1 && endedAt! < 1) return 'ends at once';
    return at[1]! < 3_600 ? 'comes back too early' : 'waits an hour';
  },
  'always 503: the caller gets': async (make) => {
    const { outcome } = await play(make, 503);
    if (outcome instanceof Response) return 'the response';
    const { response } = outcome as { response?: unknown };
    return response ? 'an error with the response' : 'an error without the response';
  },
  'ten clients refused together: come back': async (make) => {
    const second = new Set<number>();
    for (let client = 0; client < 10; client++) second.add((await play(make, [503, 200])).at[1]!);
    return second.size > 5 ? 'apart' : 'together';
  },
  'aborted in a wait: the call ends': async (make) => {
    const controller = new AbortController();
    const { signal } = controller;
    const abort = { ms: 20, run: () => controller.abort() };
    const { endedAt, at } = await play(make, [refusal(7), 503, 503, 200], { signal }, abort);
    if (at.length > 1 && endedAt !== 0.02) return 'later, after more requests';
    return endedAt === 0.02 ? 'at once' : 'later';
  },
};

/** The table: situations down, clients across. */
export async function tableOf(): Promise<string[][]> {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.spyOn(Math, 'random').mockImplementation(seededRandom(1));
  const rows: string[][] = [];
  for (const [name, situation] of Object.entries(SITUATIONS)) {
    const cells: string[] = [];
    for (const make of Object.values(CLIENTS)) cells.push(await situation(make));
    rows.push([name, ...cells]);
  }
  vi.restoreAllMocks();
  return rows;
}
