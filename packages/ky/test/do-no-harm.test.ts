import { onAbort, systemClock } from '@steadfetch/core';
import { historyOf, type RetryOptions } from '@steadfetch/retry';
import { fakeFetch, instantClock } from '@steadfetch/testing';
import ky, { ForceRetryError, HTTPError, type Options, TimeoutError } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, recorder, URL, virtualTime } from './client.ts';

/** What works with plain ky works with `retry()` hooks. */
describe('an init hook that runs after ours', () => {
  const seenBy = async (options: Options, change: (retry: Record<string, unknown[]>) => void = () => {}) => {
    const seen: unknown[] = [];
    const look = ({ retry }: Options) => {
      const { methods, statusCodes, afterStatusCodes } = retry as Record<string, unknown[]>;
      seen.push({ methods: [...methods!], statusCodes: [...statusCodes!], afterStatusCodes: [...afterStatusCodes!] });
      change(retry as never);
    };
    const { api } = client(200);
    const child = api.extend({ ...options, hooks: { init: [look] } });
    await child.get(URL);
    await child.get(URL);
    return seen;
  };

  it.each([{}, { steadfetch: { retry: false } } as const])(
    'finds what the options say, and leaks nothing into other calls: %j',
    async (ours) => {
      const said = { methods: ['get'], statusCodes: [500], afterStatusCodes: [429] };

      const seen = await seenBy(
        { ...ours, retry: { ...said } as never },
        ({ methods, statusCodes, afterStatusCodes }) => {
          methods!.push('post');
          statusCodes!.push(502);
          afterStatusCodes!.push(503);
        },
      );

      expect(seen).toEqual([said, said]);
      expect(said.methods).toEqual(['get']);
    },
  );

  it.each<[string, (retry: Record<string, unknown>) => void, number]>([
    ['a status', (retry) => void Object.assign(retry, { statusCodes: [418] }), 2],
    [
      'a condition',
      (retry) => void Object.assign(retry, { shouldRetry: ({ retryCount }: { retryCount: number }) => retryCount < 2 }),
      2,
    ],
    ['nothing', () => {}, 1],
  ])('can add %s', async (_, change, attempts) => {
    const { api, fetch } = client([418, 418, 200], { maxRetries: 1 });
    const init = [({ retry }: Options) => change(retry as never)];

    await outcomeOf(api.extend({ hooks: { init } }).get(URL));

    expect(fetch.calls).toHaveLength(attempts);
  });

  it('can put another option in the place of ours', async () => {
    const { api, fetch } = client(503);
    const init = [(options: Options) => void Object.assign(options, { retry: { limit: 1, methods: ['post'] } })];

    await outcomeOf(api.extend({ hooks: { init } }).get(URL));
    await outcomeOf(api.extend({ hooks: { init } }).post(URL, { json: {} }));

    expect(fetch.calls.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
  });

  it.each([{}, { beforeRequest: [() => {}] }])('can put other hooks in the place of ours: %o', async (hooks) => {
    virtualTime();
    const { api, fetch } = client([503, 200]);
    const init = [(options: Options) => void Object.assign(options, { hooks })];

    const response = await api.extend({ hooks: { init } }).get(URL);

    expect(response.status).toBe(200);
    expect(fetch.calls).toHaveLength(2);
  });

  it.each<[string, Options, RetryOptions]>([
    ['an afterResponse hook', { hooks: { afterResponse: [() => {}] } }, {}],
    ['a condition', {}, { shouldRetry: async () => undefined }],
  ])('can put other beforeRequest hooks in the place of ours, beside %s', async (_, options, rules) => {
    virtualTime();
    const { api, fetch } = client([503, 503, 200], rules);
    const init = [({ hooks }: Options) => void Object.assign(hooks!, { beforeRequest: [] })];

    const response = await api
      .extend({ ...options })
      .extend({ hooks: { init } })
      .get(URL);

    expect(response.status).toBe(200);
    expect(fetch.calls).toHaveLength(3);
  });

  it.each<[Options['retry'], number]>([
    [undefined, 2],
    [{ shouldRetry: () => false }, 1],
  ])('can put another fetch in the place of ours, which ky repeats by its own rules: %o', async (retry, requests) => {
    virtualTime();
    const { api } = client(200);
    const fetch = fakeFetch([503, 200]);
    const init = [(options: Options) => void Object.assign(options, { fetch })];

    await outcomeOf(api.extend({ hooks: { init } }).get(URL, { ...(retry !== undefined && { retry }) }));

    expect(fetch.calls).toHaveLength(requests);
  });

  it('can put a method before those of the option', async () => {
    const { api, fetch } = client([503, 200]);
    const init = [({ retry }: Options) => void (retry as { methods: string[] }).methods.unshift('post')];

    await api.extend({ retry: { methods: ['get'] }, hooks: { init } }).post(URL, { json: {} });

    expect(fetch.calls).toHaveLength(2);
  });

  it.each<Options['retry']>([2, { limit: 2 }, { statusCodes: [503] }])(
    'can put %o there, which says nothing of the delay: that stays ours',
    async (retry) => {
      const { api, clock } = client(503, { random: () => 0.5 });
      const init = [(options: Options) => void Object.assign(options, { retry })];

      await outcomeOf(api.extend({ hooks: { init } }).get(URL));

      expect(clock.sleeps).toEqual([450, 900]);
    },
  );

  it('can put one there in the place of the delay of an instance, too', async () => {
    const { api, clock } = client(503, { random: () => 0.5 });
    const init = [(options: Options) => void Object.assign(options, { retry: 1 })];

    await outcomeOf(api.extend({ retry: { delay: () => 7 } }).get(URL, { hooks: { init } }));

    expect(clock.sleeps).toEqual([450]);
  });

  it('can put one there in which a beforeRequest hook changes something', async () => {
    const { api, fetch } = client(418, { delay: () => 0 });
    const init = [(options: Options) => void Object.assign(options, { retry: 1 })];
    const beforeRequest = [
      ({ options }: { options: { retry: object } }) => void Object.assign(options.retry, { statusCodes: [418] }),
    ];

    await outcomeOf(api.extend({ hooks: { init, beforeRequest } }).get(URL));

    expect(fetch.calls).toHaveLength(2);
  });
});

describe('a beforeRequest hook', () => {
  it('can set a list of methods that it keeps: nothing is added to it, and no POST is repeated', async () => {
    const methods = ['get'];
    const { api, fetch } = client(503);
    const beforeRequest = [
      ({ options }: { options: { retry: object } }) => void Object.assign(options.retry, { methods }),
    ];
    const child = api.extend({ hooks: { beforeRequest } });

    await outcomeOf(child.post(URL));
    await outcomeOf(child.post(URL));

    expect(methods).toEqual(['get']);
    expect(fetch.calls).toHaveLength(2);
  });

  it.each<[string, (retry: Record<string, unknown>) => void, number]>([
    ['a status', ({ statusCodes }) => (statusCodes as number[]).push(418), 2],
    ['another list of statuses', (retry) => void Object.assign(retry, { statusCodes: [418] }), 2],
    ['other methods', (retry) => void Object.assign(retry, { statusCodes: [418], methods: ['post'] }), 1],
    ['a condition', (retry) => void Object.assign(retry, { shouldRetry: () => true }), 2],
    ['a limit', (retry) => void Object.assign(retry, { statusCodes: [418], limit: 0 }), 1],
  ])('can set %s, before or after ours', async (_, change, attempts) => {
    const beforeRequest = [({ options }: { options: { retry: unknown } }) => change(options.retry as never)];

    const after = client(418, { maxRetries: 1 });
    await outcomeOf(after.api.extend({ hooks: { beforeRequest } }).put(URL));
    const { fetch } = client(418);
    const clock = instantClock();
    const before = ky.create({ fetch, hooks: { beforeRequest } }).extend({ hooks: retry({ clock, maxRetries: 1 }) });
    await outcomeOf(before.put(URL));

    expect([after.fetch.calls.length, fetch.calls.length]).toEqual([attempts, attempts]);
  });
});

describe('a hook of the caller', () => {
  it.each([true, false])('that answers can be told to retry by another (throwHttpErrors: %s)', async (throwing) => {
    const { api, fetch } = client([{ status: 500 }, { body: 'fresh' }], { delay: () => 0 });
    const beforeRequest = [() => new Response('stale', { status: 504 })];
    const afterResponse = [
      ({ response }: { response: Response }) => (response.status === 504 ? ky.retry() : undefined),
    ];
    const options = { throwHttpErrors: throwing, retry: 3, hooks: { beforeRequest, afterResponse } };

    expect(await api.get(URL, options).text()).toBe('fresh');
    expect(fetch.calls).toHaveLength(2);
  });

  it('that answers with an error ends the call with its HTTPError', async () => {
    const { api, fetch } = client(200);
    const beforeRequest = [() => new Response('made up', { status: 503 })];

    const error = await outcomeOf(api.get(URL, { hooks: { beforeRequest } }));

    expect(error).toBeInstanceOf(HTTPError);
    expect(error.data).toBe('made up');
    expect(fetch.calls).toHaveLength(0);
  });

  it('that locks the body of an error leaves an HTTPError', async () => {
    const { api } = client([{ status: 404, body: 'gone' }]);
    const lock = ({ response }: { response: Response }) => {
      void response.text();
      return response;
    };

    const error = await outcomeOf(api.get(URL, { hooks: { afterResponse: [lock] } }));

    expect(error).toBeInstanceOf(HTTPError);
    expect(error.data).toBeUndefined();
  });

  it('that locks the body of a transient error does not stop the retry', async () => {
    const { api, fetch } = client([{ status: 503, body: 'busy' }, 200]);
    const lock = ({ response }: { response: Response }) => {
      void response.text();
      return response;
    };

    expect((await api.get(URL, { hooks: { afterResponse: [lock] } })).status).toBe(200);
    expect(fetch.calls).toHaveLength(2);
  });

  it('that repeats an attempt leaves it in the history', async () => {
    vi.useFakeTimers();
    vi.setTimerTickMode('nextTimerAsync');
    const { api } = client([401, 200], { delay: () => 1 });
    const refresh = ({ response }: { response: Response }) => (response.status === 401 ? ky.retry() : undefined);

    const response = await api.get(URL, { hooks: { afterResponse: [refresh] } });
    vi.useRealTimers();

    expect(historyOf(response)).toMatchObject([
      { attempt: 1, status: 401 },
      { attempt: 2, status: 200 },
    ]);
  });

  it('can throw what ky.retry() stands for', async () => {
    const force = ({ retryCount }: { retryCount: number }) => {
      if (retryCount === 0) throw new ForceRetryError({ delay: 0 });
    };
    const { api } = client([401, 200]);

    expect(historyOf(await api.get(URL, { hooks: { afterResponse: [force] } }))).toHaveLength(2);
  });

  it('gets no clone of a response where there is none', async () => {
    const clone = vi.spyOn(Response.prototype, 'clone');

    await client([503, 200]).api.get(URL).text();

    expect(clone).not.toHaveBeenCalled();
    clone.mockRestore();
  });
});

describe('what is asked for', () => {
  const fresh = (inner: typeof fetch) => (request: Request, init?: RequestInit) => {
    request.headers.set('idempotency-key', crypto.randomUUID());
    return inner(request, init);
  };

  it.each([503, 'network-error'] as const)('counts, and not a key that the fetch sets on each %s', async (reply) => {
    const { fetch } = client(reply);
    const api = ky.create({ fetch: fresh(fetch) as never, hooks: retry({ clock: instantClock() }) });

    await outcomeOf(api.post(URL, { json: { item: 7 } }));

    expect(fetch.calls).toHaveLength(1);
  });

  it('is read before each attempt', async () => {
    const { api, fetch } = client([503, 503, 200]);
    const rename = ({ request }: { request: Request }) => new Request(request, { method: 'POST', body: 'x' });

    await outcomeOf(api.get(URL, { hooks: { beforeRetry: [rename] } }));

    expect(fetch.calls.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });
});

it('parses the data of a retried error, and the answer, with the request that was sent', async () => {
  const sent: unknown[] = [];
  const parsed: unknown[] = [];
  const { fetch } = client([{ status: 503, json: { why: 'busy' } }, { json: { id: 1 } }]);
  const api = ky.create({
    fetch: (input, init) => {
      sent.push(input);
      return fetch(input, init);
    },
    hooks: retry({ clock: instantClock() }),
    parseJson: (text, { request, response }) => {
      parsed.push([request, response.status]);
      return JSON.parse(text);
    },
  });

  await api.get(URL).json();

  expect(parsed.map((entry) => (entry as unknown[])[1])).toEqual([503, 200]);
  expect(parsed.map((entry) => (entry as unknown[])[0])).toEqual(sent);
  expect((parsed[1] as unknown[])[0]).toBe(sent[1]);
});

it('tells the fetch which attempt it is, and that the last will not be repeated', async () => {
  const { defineMiddleware } = await import('@steadfetch/core');
  const told: unknown[] = [];
  const { fetch } = client([503, 503]);
  const records = new Set<unknown>();
  const spy = defineMiddleware((call, next) => {
    told.push([call.attempt, call.retried]);
    records.add(call.record);
    return next(call);
  });

  await outcomeOf(ky.create({ fetch: spy(fetch), hooks: retry({ clock: instantClock(), maxRetries: 1 }) }).get(URL));

  expect(told).toEqual([
    [1, true],
    [2, 'last'],
  ]);
  expect(records.size).toBe(1);
});

it('sends its last retry as the last, when a permit comes late', async () => {
  const { defineMiddleware } = await import('@steadfetch/core');
  let refusals = 2;
  const budget = { acquire: () => (refusals-- > 0 ? undefined : { release: () => {} }), record: () => {} };
  const marks: unknown[] = [];
  const spy = defineMiddleware((call, next) => {
    marks.push(call.retried);
    return next(call);
  });
  const { fetch } = client(503);

  await outcomeOf(ky.create({ fetch: spy(fetch), hooks: retry({ clock: instantClock(), budget }) }).get(URL));

  expect(marks).toEqual([true, 'last']);
});

it('waits for a condition although the timeout of ky comes meanwhile', async () => {
  virtualTime();
  const shouldRetry = () => new Promise<boolean>((resolve) => setTimeout(resolve, 30, true));
  const { api, fetch } = client([503, 200], { shouldRetry });

  expect((await api.get(URL, { timeout: 10, throwHttpErrors: true })).status).toBe(200);
  expect(fetch.calls).toHaveLength(2);
});

it('repeats what the timeout of ky ends where the fetch rejects with what is no Error', async () => {
  virtualTime();
  const fetch = vi.fn(({ signal }: Request) => new Promise((_, reject) => onAbort(signal, () => reject('cancelled'))));
  const api = ky.create({ fetch: fetch as never, hooks: retry({ maxRetries: 2 }) });

  expect(await outcomeOf(api.get(URL, { timeout: 10 }))).toBeInstanceOf(TimeoutError);
  expect(fetch).toHaveBeenCalledTimes(3);
});

it('holds a call although the timeout of ky comes meanwhile, once the budget has refused a retry', async () => {
  virtualTime();
  const budget = { acquire: () => undefined, record: () => {} };
  const clock = { now: Date.now, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 30)) };
  const { api } = client(503, { budget, clock });
  await outcomeOf(api.get(URL));

  expect(await outcomeOf(api.get(URL, { timeout: 10 }))).toBeInstanceOf(HTTPError);
  expect((await api.get(URL, { timeout: 10, throwHttpErrors: false })).status).toBe(503);
});

it('gives the token back where totalTimeout ends the call while a condition is asked', async () => {
  virtualTime();
  let permits = 0;
  const budget = { record: () => {}, acquire: () => ({ release: () => void permits--, taken: permits++ }) };
  const { hooks, told } = recorder();
  const shouldRetry = () => new Promise<boolean>((resolve) => setTimeout(resolve, 40, true));

  const error = await outcomeOf(client(503, { shouldRetry, budget, hooks }).api.get(URL, { totalTimeout: 15 }));
  await new Promise((resolve) => setTimeout(resolve, 50));

  expect(error.name).toBe('TimeoutError');
  expect(permits).toBe(0);
  expect(told.at(-1)).toMatchObject(['give up', { reason: 'deadline' }]);
});

it.each([undefined, new AbortController().signal])(
  'tells once that totalTimeout ends the call while a condition is asked (signal: %s)',
  async (signal) => {
    virtualTime();
    const { hooks, told } = recorder();
    const shouldRetry = () => new Promise<boolean>((resolve) => setTimeout(resolve, 40, true));
    const { api } = client(503, { shouldRetry, hooks, clock: systemClock });

    const error = await outcomeOf(api.get(URL, { totalTimeout: 15, ...(signal && { signal }) }));
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(error.name).toBe('TimeoutError');
    expect(told.map(([name, { reason }]) => [name, reason])).toEqual([['give up', 'deadline']]);
  },
);

it('gives the token back where a held call gets it after its totalTimeout: the machine slept', async () => {
  virtualTime();
  const release = vi.fn();
  const { hooks, told } = recorder();
  const budget: RetryOptions['budget'] = {
    acquire: (_key, kind) => (kind.startsWith('held') ? { release } : undefined),
    record: () => {},
  };
  const { signal } = new AbortController();
  const sleep = () => new Promise<void>((resolve) => setTimeout(resolve, 5_000));
  vi.spyOn(console, 'warn').mockImplementationOnce(() => {});
  const { api } = client(
    { status: 429, headers: { 'retry-after': '2' } },
    { budget, hooks, clock: { ...systemClock, sleep } },
  );

  expect((await outcomeOf(api.get(URL, { totalTimeout: 3_000, signal }))).name).toBe('TimeoutError');
  await sleep().then(sleep);
  expect(told.map(([name, { reason }]) => [name, reason])).toEqual([
    ['retry', 'status'],
    ['give up', 'deadline'],
  ]);
  expect(release).toHaveBeenCalledTimes(1);
});

it('does not count a call that a layer below did not send', async () => {
  const refusal = Object.assign(new Error('full'), { local: true, reason: 'queue-full' });
  const record = vi.fn();
  const { hooks, told } = recorder();
  const { defineMiddleware } = await import('@steadfetch/core');
  const refusing = defineMiddleware(() => Promise.reject(refusal));
  const budget = { acquire: () => undefined, record };
  const api = ky.create({ fetch: refusing(async () => new Response()), hooks: retry({ budget, hooks }) });

  expect(await outcomeOf(api.get(URL))).toBe(refusal);
  expect(record).not.toHaveBeenCalled();
  expect(told.map(([name, { reason }]) => [name, reason])).toEqual([['give up', 'queue-full']]);
});
