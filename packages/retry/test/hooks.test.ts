import { defineMiddleware } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { historyOf, type RetryOptions, retry } from '../src/index.ts';
import { API, networkError, type Reply, recordingHooks, scripted } from './support.ts';

async function told(options: RetryOptions, init: RequestInit, ...replies: Reply[]) {
  const hooks = recordingHooks();
  const clock = instantClock();
  await retry({ clock, random: () => 0.5, hooks, ...options })(scripted(...replies).fetch)(API, init).catch(() => {});
  return { ...hooks, clock };
}

const gaveUp = async (options: RetryOptions, init: RequestInit, ...replies: Reply[]) => {
  const { onGiveUp } = await told(options, init, ...replies);
  return onGiveUp.mock.calls.map(([event]) => event.reason);
};

const asks = (value: string) => ({ status: 429, headers: { 'retry-after': value } });

it('of one call run after the hooks of the instance', async () => {
  const heard: string[] = [];
  const steady = retry({ clock: instantClock(), hooks: { onRetry: () => heard.push('instance') } });
  const hooks = [{ onRetry: () => heard.push('call') }, { onRetry: () => heard.push('call, too') }];

  await steady(scripted(503, 200).fetch)(API, { retry: { hooks } });

  expect(heard).toEqual(['instance', 'call', 'call, too']);
});

describe('onRetry', () => {
  it('is called before the wait, with the attempt, the delay, its source and the reason', async () => {
    const hooks = recordingHooks();
    const clock = instantClock();
    hooks.onRetry.mockImplementation(() => expect(clock.sleeps).toEqual([]));

    await retry({ clock, random: () => 0, hooks, maxRetries: 1 })(scripted(asks('7'), 200).fetch)(API);

    expect(hooks.onRetry.mock.calls[0]![0]).toMatchObject({
      attempt: 1,
      delay: 7_000,
      delaySource: 'retry-after',
      reason: 'status',
      maxRetries: 1,
      method: 'GET',
      url: 'https://api.test/things',
      cause: '429',
      elapsed: 0,
    });
    expect(hooks.onRetry.mock.calls[0]![0].response.status).toBe(429);
  });

  it('carries the error and its code, or its name', async () => {
    const error = networkError('ECONNRESET');
    const { onRetry } = await told({}, {}, error, new TypeError('Failed to fetch'), 200);

    expect(onRetry.mock.calls.map(([event]) => [event.reason, event.cause, event.delaySource])).toEqual([
      ['network', 'ECONNRESET', 'backoff'],
      ['network', 'TypeError', 'backoff'],
    ]);
    expect(onRetry.mock.calls[0]![0].error).toBe(error);
  });

  it('has no name of an error that is none, which may hold a secret', async () => {
    const error = Object.assign(new TypeError('fetch failed'), { name: 'failed for token=1' });
    const { onRetry } = await told({}, {}, error, 200);

    expect(onRetry.mock.calls.map(([event]) => event.cause)).toEqual(['object']);
  });

  it('names shouldRetry, inspect or the server as the reason, whichever decided', async () => {
    const reasons = async (options: RetryOptions, reply: Reply) => {
      const { onRetry } = await told({ maxRetries: 1, ...options }, {}, reply);
      return onRetry.mock.calls[0]![0].reason;
    };

    expect(await reasons({ shouldRetry: () => true }, 404)).toBe('predicate');
    expect(await reasons({ inspect: () => true }, 200)).toBe('inspect');
    expect(await reasons({}, { status: 404, headers: { 'x-should-retry': 'true' } })).toBe('server');
  });

  it('has the URL without its query, and the key of the call', async () => {
    const init = { headers: { 'Idempotency-Key': 'k1' } };
    const { onRetry } = await told({}, init, 503, 200);

    expect(onRetry.mock.calls[0]![0]).toMatchObject({ url: 'https://api.test/things', idempotencyKey: 'k1' });
  });
});

describe('onGiveUp', () => {
  it('says why there is no further attempt', async () => {
    const stream = { method: 'PUT', body: new ReadableStream(), duplex: 'half' } as RequestInit;
    const veto = { status: 503, headers: { 'x-should-retry': 'false' } };

    expect(await gaveUp({}, {}, 503)).toEqual(['limit']);
    expect(await gaveUp({ maxRetries: 0 }, {}, 503)).toEqual(['limit']);
    expect(await gaveUp({ delay: () => 99_000 }, {}, 503)).toEqual(['limit']);
    expect(await gaveUp({}, {}, asks('66'))).toEqual(['server-delay']);
    expect(await gaveUp({}, { method: 'POST' }, 503)).toEqual(['method-not-idempotent']);
    expect(await gaveUp({}, stream, 503)).toEqual(['body-not-replayable']);
    expect(await gaveUp({}, {}, veto)).toEqual(['veto']);
    expect(await gaveUp({ shouldRetry: () => false }, {}, 503)).toEqual(['predicate']);
    expect(await gaveUp({ budget: { acquire: () => undefined, record: () => {} } }, {}, 503)).toEqual(['budget']);
  });

  it('says so for a deadline, with the wait that did not fit', async () => {
    const hooks = recordingHooks();
    const within = defineMiddleware((call, next) => next(call.with({ remaining: () => 500 })));

    await within(retry({ clock: instantClock(), hooks })(scripted(asks('3')).fetch))(API);

    expect(hooks.onGiveUp.mock.calls[0]![0]).toMatchObject({ reason: 'deadline', delaySource: 'retry-after' });
    expect(hooks.onGiveUp.mock.calls[0]![0].delay).toBeGreaterThanOrEqual(3_000);
  });

  it('reports the wait that the server asked for and did not get', async () => {
    const { onGiveUp } = await told({}, {}, asks('3600'));

    expect(onGiveUp.mock.calls[0]![0]).toMatchObject({ delay: 3_600_000, delaySource: 'retry-after', attempt: 1 });
  });

  it('is not called if no retry was to be expected', async () => {
    const veto = { status: 404, headers: { 'x-should-retry': 'false' } };

    expect(await gaveUp({}, {}, 404)).toEqual([]);
    expect(await gaveUp({}, {}, veto)).toEqual([]);
    expect(await gaveUp({ maxRetries: 0 }, {}, 404)).toEqual([]);
    expect(await gaveUp({ shouldRetry: () => false }, {}, 404)).toEqual([]);
    expect(await gaveUp({}, {}, new TypeError('x is undefined'))).toEqual([]);
  });
});

describe('a call that was retried', () => {
  const broken = () => {
    throw new Error('no');
  };

  it('ends with onGiveUp or onRecover, even if the last outcome is not retried', async () => {
    const bug = new TypeError('x is undefined');
    let asked = 0;
    const failsSecond = () => (++asked === 2 ? broken() : true);

    expect(await gaveUp({}, {}, 503, bug)).toEqual(['permanent']);
    expect(await gaveUp({ shouldRetry: failsSecond }, {}, 503)).toEqual(['predicate']);
    expect(await gaveUp({ delay: ({ attempt }) => (attempt === 2 ? broken() : 0) }, {}, 503)).toEqual(['predicate']);
    expect(await gaveUp({ shouldRetry: broken }, {}, 503)).toEqual([]);
  });
});

describe('onRecover', () => {
  it('has the attempts and the time of a call that succeeds', async () => {
    const { onRecover, onGiveUp } = await told({ delay: () => 100 }, {}, 503, 503, 200);

    expect(onRecover.mock.calls.map(([event]) => [event.attempts, event.elapsed, event.cause])).toEqual([
      [3, 200, '200'],
    ]);
    expect(onGiveUp).not.toHaveBeenCalled();
  });

  it('is called for a 404 after a failure, and not for a first attempt', async () => {
    const { onRecover } = await told({}, {}, 503, 404);
    expect(onRecover).toHaveBeenCalledTimes(1);

    expect((await told({}, {}, 200)).onRecover).not.toHaveBeenCalled();
    expect((await told({}, {}, 404)).onRecover).not.toHaveBeenCalled();
  });
});

describe('hooks', () => {
  it('can be several, may lack members, and get one id for one call', async () => {
    const first = recordingHooks();
    const second = { onRetry: vi.fn(), onRecover: undefined };
    const fetch = retry({ clock: instantClock(), hooks: [first, second as never] })(
      scripted(503, 503, 200, 503, 200).fetch,
    );

    await fetch(API);
    await fetch(API);

    const ids = first.onRetry.mock.calls.map(([event]) => event.callId);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(second.onRetry).toHaveBeenCalledTimes(3);
  });

  it('cannot break, change or delay a call', async () => {
    const hooks = {
      onRetry: (event: object) => {
        Object.assign(event, { delay: 0 });
      },
      onRecover: () => Promise.reject(new Error('no')),
      onGiveUp: () => new Promise(() => {}),
    };
    const clock = instantClock();
    const fetch = retry({ clock, delay: () => 50, maxRetries: 1, hooks: hooks as never });

    expect((await fetch(scripted(503, 200).fetch)(API)).status).toBe(200);
    expect((await fetch(scripted(503).fetch)(API)).status).toBe(503);
    expect(clock.sleeps).toEqual([50, 50]);
  });
});

describe('historyOf', () => {
  it('lists every attempt behind a response', async () => {
    const error = networkError();
    const clock = instantClock({ now: 1_000 });
    const fetch = retry({ clock, delay: () => 100 })(scripted(error, asks('2'), 200).fetch);

    const history = historyOf(await fetch(API))!;

    expect(history.map(({ attempt, status, delaySource }) => [attempt, status, delaySource])).toEqual([
      [1, undefined, 'backoff'],
      [2, 429, 'retry-after'],
      [3, 200, undefined],
    ]);
    expect(history[0]).toEqual({ attempt: 1, error, at: 1_000, delay: 100, delaySource: 'backoff' });
  });

  it('lists the last hundred attempts, so that a call that is retried for days does not fill the memory', async () => {
    const options = { clock: instantClock(), budget: false, maxRetries: 149 } as const;

    const history = historyOf(await retry(options)(scripted(503).fetch)(API))!;

    expect(history.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 100 }, (_, index) => index + 51));
  });

  it('shows the key that made a POST repeatable', async () => {
    const fetch = retry({ clock: instantClock() })(scripted(503, 201).fetch);

    const response = await fetch(API, { method: 'POST', headers: { 'idempotency-key': 'k1' } });

    expect(historyOf(response)!.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['k1', 'k1']);
  });

  it('lists the attempts behind an error, and writes nothing on it', async () => {
    const error = Object.freeze(networkError());
    const fetch = retry({ clock: instantClock(), maxRetries: 1 })(scripted(error).fetch);

    await expect(fetch(API)).rejects.toBe(error);

    expect(historyOf(error)).toHaveLength(2);
    expect(Object.keys(error)).toEqual([]);
  });

  it('returns undefined for anything else', () => {
    expect([historyOf(new Response()), historyOf('boom'), historyOf(null), historyOf(() => {})]).toEqual(Array(4));
  });
});
