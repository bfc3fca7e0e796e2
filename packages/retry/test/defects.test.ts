import { bodyFactory, compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { API, networkError, recordingHooks, scripted, timeoutError } from './support.ts';

const quick = () => ({ clock: instantClock(), random: () => 0, budget: false as const });

describe('the arguments of the fetch inside', () => {
  it('may be written on, as the init of a plain fetch may', async () => {
    const { fetch, requests } = scripted(503, 200);
    const withKey: Fetch = (input, init = {}) => {
      init.headers = { ...init.headers, authorization: 'x' };
      return fetch(input, init);
    };

    expect((await retry(quick())(withKey)(API)).status).toBe(200);
    expect(requests[0]!.init).not.toBe(requests[1]!.init);
  });

  it('keep the original address, even if the URL object changes', async () => {
    const { fetch, requests } = scripted(503, 200);
    const url = new URL('https://api.test/?page=1');

    const call = retry(quick())(fetch)(url);
    url.searchParams.set('page', '2');
    await call;

    expect(requests.map(({ input }) => String(input))).toEqual(Array(2).fill('https://api.test/?page=1'));
  });

  it('include members that init inherits: a Request given as init, an init made from another', async () => {
    const { fetch, requests } = scripted(503, 200);
    const init = Object.create({ method: 'PUT', headers: { a: '1' } }) as RequestInit;

    await retry(quick())(fetch)(API, new Request(API, { method: 'POST', headers: { b: '2' } }));
    await retry(quick())(fetch)(API, init);

    expect(requests[0]!.init!.method).toBe('POST');
    expect(new Headers(requests[0]!.init!.headers).get('b')).toBe('2');
    expect(requests[1]!.init).toMatchObject({ method: 'PUT', headers: { a: '1' } });
  });

  it('have no init if it was null', async () => {
    expect((await retry(quick())(scripted(200).fetch)(API, null as never)).status).toBe(200);
  });

  it('include a body made by a factory that takes its time', async () => {
    const { fetch, requests } = scripted(503, 200);

    await retry(quick())(fetch)(API, { method: 'PUT', body: bodyFactory(async () => 'fresh') });

    expect(requests.map(({ init }) => init!.body)).toEqual(['fresh', 'fresh']);
  });
});

describe('a poor runtime', () => {
  it.each(['Blob', 'FormData', 'URLSearchParams'])('may lack %s', async (name) => {
    vi.stubGlobal(name, undefined);
    const body = new ReadableStream();

    const response = await retry(quick())(scripted(503).fetch)(API, {
      method: 'PUT',
      body,
      duplex: 'half',
    } as RequestInit);

    vi.unstubAllGlobals();
    expect(response.status).toBe(503);
  });

  it('may have a form that cannot be listed, and forms of another class', async () => {
    class Form {
      readonly [Symbol.toStringTag] = 'FormData';
    }
    const { fetch, requests } = scripted(503, 200);
    const body = new Form() as unknown as FormData;

    await retry(quick())(fetch)(API, { method: 'PUT', body });

    expect(requests.map(({ init }) => init!.body)).toEqual([body, body]);
  });

  it('may give bodies that are no web streams', async () => {
    const nodeStream = { status: 503, headers: new Headers(), body: { pipe: () => {} }, bodyUsed: false };
    const replies: unknown[] = [nodeStream, new Response('ok')];

    expect((await retry(quick())((async () => replies.shift()) as unknown as Fetch)(API)).status).toBe(200);
  });
});

describe('an error that is hard to look at', () => {
  const refuse = () => {
    throw new Error('no');
  };
  it.each([
    ['without a prototype', Object.create(null)],
    ['that has no text', { toString: refuse }],
    ['behind a proxy', new Proxy(new Error('x'), { get: refuse })],
  ])('%s is thrown as it is, hooks or not', async (_what, error) => {
    const options = { ...quick(), maxRetries: 1, shouldRetry: () => true, hooks: recordingHooks() };

    const same = await retry(options)(() => Promise.reject(error))(API).catch((thrown: unknown) => thrown === error);

    expect(same).toBe(true);
    expect(options.hooks.onRetry).toHaveBeenCalledTimes(1);
  });
});

it('an error that throws when it is looked at reaches the caller by identity', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const send = compose(retry())(() => Promise.reject(proxy));

  expect(await send(API).catch((error: unknown) => error === proxy)).toBe(true);
});

describe('the end of a call that was retried', () => {
  it.each([1, 2])('is a recovery for a 404 after a 503, with %i retries', async (maxRetries) => {
    const hooks = recordingHooks();
    const record = vi.fn();
    const budget = { acquire: () => ({ release: () => {} }), record };

    await retry({ ...quick(), budget, maxRetries, hooks })(scripted(503, 404).fetch)(API, { method: 'DELETE' });

    expect(hooks.onRecover).toHaveBeenCalledTimes(1);
    expect(hooks.onGiveUp).not.toHaveBeenCalled();
    expect(record.mock.calls.map(([, outcome]) => outcome)).toEqual(['failure', 'success']);
  });

  it('is the limit if the condition asked for more', async () => {
    const hooks = recordingHooks();

    await retry({ ...quick(), maxRetries: 1, hooks, shouldRetry: () => true })(scripted(404).fetch)(API);

    expect(hooks.onGiveUp.mock.calls.map(([event]) => event.reason)).toEqual(['limit']);
  });

  it.each(['shouldRetry', 'inspect'])('is reported as an abort also while %s has not answered yet', async (name) => {
    const controller = new AbortController();
    const hooks = recordingHooks();
    const answers: unknown[] = [true, new Promise(() => {})];
    const options = { ...quick(), hooks, [name]: () => answers.shift() };
    const call = retry(options)(scripted(name === 'inspect' ? 200 : 503).fetch)(API, { signal: controller.signal });
    await vi.waitFor(() => expect(answers).toHaveLength(0));

    controller.abort('stop');

    await expect(call).rejects.toBe('stop');
    expect(hooks.onGiveUp.mock.calls.map(([event]) => event.reason)).toEqual(['aborted']);
  });

  it('is the error of a clock that fails, with the permit of the retry given back', async () => {
    const release = vi.fn();
    const budget = { acquire: () => ({ release }), record: () => {} };
    const clock = { now: () => 0, sleep: () => Promise.reject(new Error('no time')) };

    await expect(retry({ clock, budget })(scripted(503).fetch)(API)).rejects.toThrow('no time');
    expect(release).toHaveBeenCalledOnce();
  });

  it.each([networkError('ECONNREFUSED'), timeoutError()])(
    'is the error itself where no retry is allowed: %s',
    async (error) => {
      await expect(retry({ ...quick(), maxRetries: 0 })(scripted(error).fetch)(API)).rejects.toBe(error);
    },
  );

  it('is the error that a middleware inside throws after a 503, not the 503', async () => {
    const invalid = new Error('invalid');
    let attempts = 0;
    const validate = defineMiddleware(async (call, next) => {
      const response = await next(call);
      if (++attempts === 2) throw invalid;
      return response;
    });

    await expect(compose(retry(quick()), validate)(scripted(503, 200).fetch)(API)).rejects.toBe(invalid);
  });
});

describe('safety', () => {
  it('takes only true for idempotent: a promise is no answer', async () => {
    const { fetch, requests } = scripted(503);

    await retry({ ...quick(), idempotent: (async () => false) as never })(fetch)(API, { method: 'POST' });

    expect(requests).toHaveLength(1);
  });

  it('frees the body of a Request that nothing inside has sent', async () => {
    const cancel = vi.fn();
    const body = new ReadableStream({ cancel });
    const request = new Request(API, { method: 'PUT', body, duplex: 'half' } as RequestInit);

    await retry(quick())(() => Promise.reject(new Error('circuit open')))(request).catch(() => {});

    await vi.waitFor(() => expect(cancel).toHaveBeenCalled());
  });

  it('waits as long as the server asks, even if our own delay is 0', async () => {
    const clock = instantClock();
    const asks = { status: 503, headers: { 'retry-after': '30' } };

    await retry({ ...quick(), clock, delay: () => 0 })(scripted(asks, 200).fetch)(API);

    expect(clock.sleeps).toEqual([30_000]);
  });

  it('makes no attempt at the very deadline', async () => {
    const { fetch, requests } = scripted(503);
    const within = defineMiddleware((call, next) => next(call.with({ remaining: () => 100 })));

    await compose(within, retry({ ...quick(), delay: () => 100 }))(fetch)(API);

    expect(requests).toHaveLength(1);
  });

  it('spreads a wait no further than the deadline', async () => {
    const within = defineMiddleware((call, next) => next(call.with({ remaining: () => 3_500 })));
    const asks = { status: 429, headers: { 'retry-after': '3' } };

    const response = await compose(within, retry({ ...quick(), random: () => 0.99 }))(scripted(asks, 200).fetch)(API);

    expect(response.status).toBe(200);
  });

  it('rejects, so that outer middlewares see it, if an option of a call is wrong', async () => {
    const freed = vi.fn();
    const slot = defineMiddleware((call, next) => next(call).finally(freed));

    const call = compose(slot, retry(quick()))(scripted(200).fetch)(API, { retry: { maxRetries: -1 } });

    await expect(call).rejects.toThrow('retry: maxRetries');
    expect(freed).toHaveBeenCalledTimes(1);
  });
});

describe('hooks of a class', () => {
  it('may have members of their own, and get the elapsed time', async () => {
    const clock = manualClock();
    class Metrics {
      elapsed = -1;
      onRecover({ elapsed }: { elapsed: number }): void {
        this.elapsed = elapsed;
      }
    }
    const metrics = new Metrics();
    const replies = [503, 200];
    const slow: Fetch = async () => {
      await clock.sleep(1_000);
      return new Response(null, { status: replies.shift()! });
    };

    const call = retry({ clock, hooks: metrics, delay: () => 100 })(slow)(API);
    await clock.advance(2_100);
    await call;

    expect(metrics.elapsed).toBe(2_100);
  });
});

describe('a response that a mock makes', () => {
  it.each([
    ['without headers', { status: 503 }],
    ['with headers that cannot be listed', { status: 503, headers: { get: () => null } }],
  ])('%s is retried as any other, and given back', async (_, mock) => {
    const fetch = vi.fn(async () => mock as unknown as Response);

    expect(await retry(quick())(fetch)(API)).toBe(mock);
    expect(fetch).toHaveBeenCalledTimes(3);
  });
});
