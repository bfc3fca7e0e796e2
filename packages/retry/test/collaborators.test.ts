import type { Fetch } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RetryOptions, retry } from '../src/index.ts';
import { API, networkError, recordingHooks, scripted } from './support.ts';

const quick = () => ({ clock: instantClock(), random: () => 0, budget: false as const });
const turn = () => new Promise(setImmediate);
const unhandled = vi.fn();

beforeEach(() => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
});

afterEach(async () => {
  await turn();
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

describe('a fetch', () => {
  it('may return a response, or only a thenable, in every attempt', async () => {
    const reply = (status: number) => new Response(null, { status });
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the point
    const thenable = { then: (done: (response: Response) => void) => done(reply(200)) };
    const replies: unknown[] = [reply(503), reply(503), thenable];

    const response = await retry(quick())((() => replies.shift()) as unknown as Fetch)(API);

    expect(response.status).toBe(200);
  });

  it.each([503, 413])(
    'may refuse to read fields of a %d, as in SvelteKit: they are read all the same',
    async (status) => {
      const refused = new Response('busy', {
        status,
        headers: { 'retry-after': '7', date: 'Wed, 01 Jan 2025 00:00:00 GMT' },
      });
      refused.headers.get = (name) => {
        throw new Error(`Failed to get response header ${name}`);
      };
      const replies = [refused, new Response()];
      const clock = instantClock();

      const response = await retry({ ...quick(), clock })(async () => replies.shift()!)(API);

      expect([response.status, clock.sleeps]).toEqual([200, [7_000]]);
    },
  );

  it('may answer nothing, as a mock does: the caller gets nothing', async () => {
    const nothing = (async () => undefined) as unknown as Fetch;

    expect(await retry(quick())(nothing)(API)).toBeUndefined();
  });
});

describe('a delay function', () => {
  it.each([
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    ['5', '"5"'],
    [Promise.resolve(5), '[object Promise]'],
  ])('that gives %s fails the call, and the response is let go', async (delay, shown) => {
    const response = new Response('busy', { status: 503 });

    const call = retry({ ...quick(), delay: () => delay as number })(scripted(response).fetch)(API);

    await expect(call).rejects.toThrow(new TypeError(`retry: delay: expected milliseconds, got ${shown}`));
    expect(response.bodyUsed || response.body!.locked).toBe(true);
  });

  it('may give a promise that fails', async () => {
    const failing = (() => Promise.reject(new Error('no'))) as never;

    await expect(retry({ ...quick(), delay: failing })(scripted(503).fetch)(API)).rejects.toThrow('retry: delay');
  });
});

describe('a budget', () => {
  const fail = () => {
    throw new Error('its store is gone');
  };
  const late = () => Promise.reject(new Error('its store is gone'));
  const attempts = async (budget: object) => {
    const { fetch, requests } = scripted(503, 200);
    await retry({ ...quick(), delay: () => 0, budget } as RetryOptions)(fetch)(API);
    return requests.length;
  };

  it('allows no retry if it returns a promise', async () => {
    expect(await attempts({ acquire: late, record: () => {} })).toBe(1);
    expect(await attempts({ acquire: async () => ({ release: () => {} }), record: () => {} })).toBe(1);
  });

  it('may record an attempt later, and reject', async () => {
    expect(await attempts({ acquire: () => ({ release: fail }), record: late })).toBe(2);
  });

  it.each([
    ['throws', fail],
    ['rejects', late],
  ])('whose release %s does not replace the reason of an abort', async (_how, release) => {
    const controller = new AbortController();
    const budget = { acquire: () => ({ release: release as () => void }), record: () => {} };
    const hooks = { onRetry: () => controller.abort('stop') };

    const call = retry({ ...quick(), budget, hooks })(scripted(503).fetch)(API, { signal: controller.signal });

    await expect(call).rejects.toBe('stop');
  });
});

describe('a clock that ignores the signal', () => {
  it('causes no attempt after an abort, and the permit is released', async () => {
    const controller = new AbortController();
    const hooks = recordingHooks();
    hooks.onRetry.mockImplementation(() => controller.abort('stop'));
    const release = vi.fn();
    const budget = { acquire: () => ({ release }), record: () => {} };
    const clock = { now: () => 0, sleep: () => Promise.resolve() };
    const { fetch, requests } = scripted(503, 200);

    const call = retry({ clock, hooks, budget })(fetch)(API, { signal: controller.signal });

    await expect(call).rejects.toBe('stop');
    expect(requests).toHaveLength(1);
    expect(release).toHaveBeenCalledTimes(1);
    expect(hooks.onGiveUp.mock.calls.map(([event]) => event.reason)).toEqual(['aborted']);
  });
});

describe('the error of fetch', () => {
  it.each([{ a: 'x\ny' }, new Map([['a', 'x\ny']]), [null], 'abc'])(
    'comes through where the headers are %j',
    async (headers) => {
      const error = networkError();
      const init = { headers: headers as HeadersInit, retry: { maxRetries: 1 } };
      const hooks = recordingHooks();

      await expect(retry({ ...quick(), hooks })(scripted(error).fetch)(API, init)).rejects.toBe(error);
      expect(hooks.onRetry).toHaveBeenCalledTimes(1);
    },
  );

  it('reaches the caller even if its cause cannot be read', async () => {
    const error = networkError('ECONNREFUSED');
    Object.defineProperty(error.cause as Error, 'hostname', {
      get: () => {
        throw new Error('no');
      },
    });

    const call = retry(quick())(scripted(error).fetch)(API, { method: 'POST' });

    await expect(call).rejects.toBe(error);
  });
});
