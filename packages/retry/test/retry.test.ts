import { classifyError, compose, defineMiddleware, type Fetch, peek } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { historyOf, retry } from '../src/index.ts';
import { API, networkError, type Reply, scripted, timeoutError } from './support.ts';

const quick = () => ({ clock: instantClock(), random: () => 0 });

describe('the loop', () => {
  it('returns the first answer untouched when it is good', async () => {
    const answer = new Response('ok');
    const { fetch, requests } = scripted(answer);

    expect(await retry(quick())(fetch)(API)).toBe(answer);
    expect(requests).toHaveLength(1);
    expect(historyOf(answer)).toBeUndefined();
  });

  it('repeats transient statuses and network errors until one is good', async () => {
    const { fetch, requests } = scripted(503, networkError(), 200);

    const response = await retry(quick())(fetch)(API);

    expect(response.status).toBe(200);
    expect(requests).toHaveLength(3);
  });

  it('returns the last response unread when its retries are used up', async () => {
    const last = new Response('the reason', { status: 503 });
    const { fetch, requests } = scripted(500, 502, last);

    const response = await retry(quick())(fetch)(API);

    expect(response).toBe(last);
    expect(await response.text()).toBe('the reason');
    expect(requests).toHaveLength(3);
  });

  it('throws the last error itself when its retries are used up', async () => {
    const last = networkError();
    const { fetch } = scripted(503, networkError('EPIPE'), last);

    await expect(retry(quick())(fetch)(API)).rejects.toBe(last);
  });

  it('returns the latest outcome, not an older response', async () => {
    const last = networkError();
    const { fetch } = scripted(503, last);

    await expect(retry({ ...quick(), maxRetries: 1 })(fetch)(API)).rejects.toBe(last);
  });

  it('does not repeat answers that would be the same again', async () => {
    for (const status of [400, 401, 404, 422, 501]) {
      const { fetch, requests } = scripted(status);
      expect((await retry(quick())(fetch)(API)).status).toBe(status);
      expect(requests).toHaveLength(1);
    }
  });

  it('does not repeat bugs, bad certificates, or thrown values that are not errors', async () => {
    for (const error of [
      new TypeError('x is undefined'),
      networkError('CERT_HAS_EXPIRED'),
      new Error('circuit open'),
    ]) {
      const { fetch, requests } = scripted(error);
      await expect(retry(quick())(fetch)(API)).rejects.toBe(error);
      expect(requests).toHaveLength(1);
    }
    const thrower = vi.fn<Fetch>(() => Promise.reject('boom'));
    await expect(retry(quick())(thrower)(API)).rejects.toBe('boom');
    expect(thrower).toHaveBeenCalledTimes(1);
  });

  it('repeats an error that a fetch throws synchronously, too', async () => {
    let attempts = 0;
    const fetch: Fetch = () => {
      if (++attempts < 3) throw networkError();
      return Promise.resolve(new Response('ok'));
    };

    expect(await (await retry(quick())(fetch)(API)).text()).toBe('ok');
  });

  it('recognises the network errors of other runtimes', async () => {
    const safari = Object.assign(new TypeError('Load failed'), { stack: undefined });
    const { fetch } = scripted(safari as unknown as Error, new TypeError('Failed to fetch'), 200);

    expect((await retry(quick())(fetch)(API)).status).toBe(200);
  });

  it('numbers the attempts for the middlewares inside', async () => {
    const attempts: number[] = [];
    const note = defineMiddleware((call, next) => {
      attempts.push(call.attempt);
      return next(call);
    });

    await compose(retry(quick()), note)(scripted(503, 503, 200).fetch)(API);

    expect(attempts).toEqual([1, 2, 3]);
  });
});

describe('which requests', () => {
  it.each(['POST', 'PATCH', 'CONNECT', 'query'])('leaves a %s alone', async (method) => {
    const { fetch, requests } = scripted(503);

    await retry(quick())(fetch)(API, { method });

    expect(requests).toHaveLength(1);
  });

  it.each([
    ['carries an Idempotency-Key', { headers: { 'idempotency-key': 'k' } }, {}],
    ['says so itself', { retry: { idempotent: true } }, {}],
    ['is declared idempotent by the options', {}, { idempotent: true }],
    ['is declared idempotent by a function', {}, { idempotent: () => true }],
    ['has a listed method', {}, { methods: ['post'] }],
  ])('repeats a POST that %s', async (_why, init: object, options: object) => {
    const { fetch, requests } = scripted(503, 200);

    await retry({ ...quick(), ...options })(fetch)(API, { method: 'POST', ...init });

    expect(requests).toHaveLength(2);
  });

  it.each(['GET', 'PUT', 'DELETE'])('repeats no %s if its list of methods is empty', async (method) => {
    const { fetch, requests } = scripted(503);

    await retry({ ...quick(), methods: [] })(fetch)(API, { method });

    expect(requests).toHaveLength(1);
  });

  it('repeats the statuses of the option instead of the default, a 403 only with evidence of throttling', async () => {
    const attempts = async (reply: Parameters<typeof scripted>[0], statuses?: number[]) => {
      const { fetch, requests } = scripted(reply, 200);
      await retry({ ...quick(), ...(statuses && { statuses }) })(fetch)(API);
      return requests.length;
    };
    const throttled = { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } };

    expect(await attempts(418, [418])).toBe(2);
    expect(await attempts(503, [418])).toBe(1);
    expect(await attempts(403, [403])).toBe(1);
    expect(await attempts(throttled, [403])).toBe(2);
    expect(await attempts(throttled)).toBe(1);
    expect(await attempts(409)).toBe(1);
    expect(await attempts(413)).toBe(1);
    expect(await attempts({ status: 413, headers: { 'retry-after': '1' } })).toBe(2);
    expect(await attempts({ status: 413, headers: { 'retry-after': 'soon' } })).toBe(1);
  });

  it('can leave network errors and timeouts to others', async () => {
    const attempts = async (error: Error, options: object) => {
      const { fetch, requests } = scripted(error, 200);
      await retry({ ...quick(), ...options })(fetch)(API).catch(() => {});
      return requests.length;
    };

    expect(await attempts(networkError(), { networkErrors: false })).toBe(1);
    expect(await attempts(timeoutError(), { timeouts: false })).toBe(1);
    expect(await attempts(timeoutError(), {})).toBe(2);
  });
});

describe('maxRetries', () => {
  it('is 2 by default, and 0 means none', async () => {
    const attempts = async (maxRetries?: number) => {
      const { fetch, requests } = scripted(503);
      await retry({ ...quick(), ...(maxRetries === undefined ? {} : { maxRetries }) })(fetch)(API);
      return requests.length;
    };

    expect(await attempts()).toBe(3);
    expect(await attempts(0)).toBe(1);
    expect(await attempts(5)).toBe(6);
  });
});

describe('shouldRetry', () => {
  it('can widen and narrow the default rules, synchronously or not', async () => {
    const attempts = async (status: number, answer: unknown) => {
      const { fetch, requests } = scripted(status, 200);
      await retry({ ...quick(), shouldRetry: () => answer as boolean })(fetch)(API);
      return requests.length;
    };

    expect(await attempts(404, true)).toBe(2);
    expect(await attempts(404, Promise.resolve(true))).toBe(2);
    expect(await attempts(503, false)).toBe(1);
    expect(await attempts(503, undefined)).toBe(2);
    expect(await attempts(503, 'yes')).toBe(2);
    expect(await attempts(404, 'yes')).toBe(1);
  });

  it('lifts no limit: not the number of retries, the method, the body or the veto', async () => {
    const shouldRetry = vi.fn(() => true);
    const attempts = async (reply: Parameters<typeof scripted>[0], init: RequestInit) => {
      const { fetch, requests } = scripted(reply);
      await retry({ ...quick(), shouldRetry })(fetch)(API, init);
      return requests.length;
    };

    expect(await attempts(503, {})).toBe(3);
    expect(await attempts(503, { method: 'POST' })).toBe(1);
    expect(await attempts(503, { method: 'PUT', body: new ReadableStream(), duplex: 'half' } as RequestInit)).toBe(1);
    shouldRetry.mockClear();
    expect(await attempts({ status: 503, headers: { 'x-should-retry': 'false' } }, {})).toBe(1);
    expect(shouldRetry).not.toHaveBeenCalled();
  });

  it('is not asked about a call that cannot be sent again', async () => {
    const shouldRetry = vi.fn(() => {
      throw new Error('in vain');
    });
    const ending = (reply: Reply, init: RequestInit) =>
      retry({ ...quick(), shouldRetry })(scripted(reply).fetch)(API, init);
    const failed = networkError();

    expect((await ending(503, { method: 'POST' })).status).toBe(503);
    expect(
      (await ending(503, { method: 'PUT', body: new ReadableStream(), duplex: 'half' } as RequestInit)).status,
    ).toBe(503);
    await expect(ending(failed, { method: 'POST' })).rejects.toBe(failed);
    expect(shouldRetry).not.toHaveBeenCalled();
  });

  it('sees the failure, and can look into the body without taking it from the caller', async () => {
    const seen: unknown[] = [];
    const fetch = scripted({ status: 422, body: '{"retryable":true}' }, networkError(), {
      status: 400,
      body: 'no',
    }).fetch;

    const response = await retry({
      ...quick(),
      shouldRetry: async ({ attempt, method, response, error }) => {
        const text = response ? await peek(response) : '';
        seen.push([attempt, method, response?.status, response ? undefined : classifyError(error).code, text]);
        return response && text.includes('true');
      },
    })(fetch)(API);

    expect(seen).toEqual([
      [1, 'GET', 422, undefined, '{"retryable":true}'],
      [2, 'GET', undefined, 'ECONNRESET', ''],
    ]);
    expect(await response.text()).toBe('no');
  });

  it('fails the call with the error that it throws, and discards the response', async () => {
    const boom = { boom: true };
    const refused = new Response('body', { status: 503 });
    const { fetch, requests } = scripted(refused);
    const shouldRetry = () => {
      throw boom;
    };

    await expect(retry({ ...quick(), shouldRetry })(fetch)(API)).rejects.toBe(boom);
    expect(requests).toHaveLength(1);
    expect(refused.bodyUsed || refused.body!.locked).toBe(true);
  });
});

describe('inspect', () => {
  it('counts a good answer as failed when it says so', async () => {
    const { fetch, requests } = scripted({ status: 200, body: '{"error":1}' }, { status: 200, body: '{}' });
    const inspect = async (response: Response) => (await response.clone().text()).includes('error');

    const response = await retry({ ...quick(), inspect })(fetch)(API);

    expect(await response.text()).toBe('{}');
    expect(requests).toHaveLength(2);
  });

  it('is not called for statuses from 400, nor shouldRetry for statuses below', async () => {
    const inspect = vi.fn(() => true);
    const shouldRetry = vi.fn(() => false);

    await retry({ ...quick(), inspect, shouldRetry })(scripted(404).fetch)(API);
    await retry({ ...quick(), inspect, shouldRetry, maxRetries: 1 })(scripted(200).fetch)(API);

    expect(inspect).toHaveBeenCalledTimes(2);
    expect(shouldRetry).toHaveBeenCalledTimes(1);
  });

  it('fails the call with the error that it throws', async () => {
    const inspect = () => Promise.reject('bad json');

    await expect(retry({ ...quick(), inspect })(scripted(200).fetch)(API)).rejects.toBe('bad json');
  });
});
