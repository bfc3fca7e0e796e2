import { type CallOptions, defineMiddleware, type Middleware } from '@steadfetch/core';
import { withBody } from '@steadfetch/core/kit';
import { historyOf, retry as retryMiddleware } from '@steadfetch/retry';
import { type FakeFetch, fakeFetch, instantClock, type Script } from '@steadfetch/testing';
import ky, { type AfterResponseHook, type Options, type RetryOptions } from 'ky';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { retry, use } from '../src/index.ts';
import { outcomeOf, recorder, URL } from './client.ts';

/** The package as in a new process: a test of another file may have been warned in this one. */
async function unwarned(): Promise<typeof import('../src/index.ts')> {
  vi.resetModules();
  return import('../src/index.ts');
}

describe('use', () => {
  afterEach(() => vi.restoreAllMocks());

  it('puts the stack between ky and the global fetch, which is looked up at each call', async () => {
    const api = ky.create(use(header('x-a'), header('x-b')));
    const fetch = globalFetch(200);

    await api.get(URL);

    expect(fetch.calls[0]!.headers.get('x-order')).toBe('x-a, x-b');
  });

  it('replaces the fetch of an instance, and sends by one that is given last', async () => {
    const ownFetch = fakeFetch(200);
    const own = ky.create({ fetch: ownFetch });
    const fetch = globalFetch(200);

    await own.extend(use(header('x-a'))).get(URL);
    await own.extend(use(header('x-a'), () => ownFetch)).get(URL);

    expect([fetch.calls.length, ownFetch.calls.length]).toEqual([1, 1]);
    expect(ownFetch.calls[0]!.headers.get('x-order')).toBe('x-a');
  });

  it('leaves no error behind where a layer refuses a call with a form', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const refuse: Middleware = () => async () => {
      throw new Error('refused');
    };
    const body = new FormData();
    body.append('file', new Blob(['x'.repeat(100_000)]), 'report.txt');

    const error = await outcomeOf(ky.create(use(refuse)).post(URL, { body }));

    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(error).toMatchObject({ message: 'refused' });
  });

  it('lets parseJson replace the reader of a response that a layer has made', async () => {
    globalFetch({ json: { id: 1 } });
    const remade = defineMiddleware(async (call, next) => {
      const response = await next(call);
      return withBody(response, response.body, (error) => error);
    });
    const api = ky.create(use(remade));

    const body = await api.get(URL, { parseJson: (text) => ({ parsed: text }) }).json();

    expect(body).toEqual({ parsed: '{"id":1}' });
  });

  it('turns the retries and the timeout of ky off', async () => {
    const fetch = globalFetch(503);
    const options = use();

    await outcomeOf(ky.create(options).get(URL));

    expect(fetch.calls).toHaveLength(1);
    expect(options).toMatchObject({ retry: 0, timeout: false });
    expect(options.retry).toBe(0);
  });

  it('does so also for an instance that had its own retry option', async () => {
    const fetch = globalFetch(503);

    await outcomeOf(
      ky
        .create({ retry: { limit: 5 } })
        .extend(use())
        .get(URL),
    );
    await outcomeOf(ky.create({ retry: 5 }).extend(use()).get(URL));

    expect(fetch.calls).toHaveLength(2);
  });

  it('lets a retry() in the stack give back the response that its history is kept for', async () => {
    globalFetch([503, 200]);

    const response = await ky.create(use(retryMiddleware({ clock: instantClock() }))).get(URL);

    expect(historyOf(response)).toHaveLength(2);
  });

  it.each([503, 'network-error'] as const)(
    'keeps the history also for the error that ky makes of a %s',
    async (reply) => {
      globalFetch(reply);

      const error = await outcomeOf(ky.create(use(retryMiddleware({ clock: instantClock() }))).get(URL));

      expect(historyOf(error)).toHaveLength(3);
    },
  );

  it.each([
    [{ retry: 0 }, 1],
    [{ retry: 4 }, 5],
    [{ retry: { limit: 1 } }, 2],
    [{ retry: { statusCodes: [500] } }, 1],
    [{ retry: { jitter: true } }, 3],
    [{ steadfetch: { retry: false } } as const, 1],
    [{ steadfetch: { retry: { maxRetries: 1 } } }, 2],
    [{}, 3],
  ])('lets %j of a call speak to a retry() in the stack', async (options, attempts) => {
    const fetch = globalFetch(503);

    await outcomeOf(ky.create(use(retryMiddleware({ clock: instantClock() }))).get(URL, options));

    expect(fetch.calls).toHaveLength(attempts);
  });

  it('fails no call where ky merges the observers of an instance away', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const fetch = globalFetch(503);
    const api = ky.create({
      ...use(retryMiddleware({ clock: instantClock() })),
      steadfetch: { retry: { hooks: { onRetry: () => {} } } },
    });

    await outcomeOf(api.get(URL, { steadfetch: { retry: { maxRetries: 1 } } }));

    expect(fetch.calls).toHaveLength(2);
    warn.mockRestore();
  });

  it('hears steadfetch options also where other hooks have replaced its own', async () => {
    const fetch = globalFetch(503);
    const api = ky.create({ ...use(retryMiddleware({ clock: instantClock() })), hooks: {} });

    await outcomeOf(api.get(URL, { steadfetch: { retry: { maxRetries: 1 } } }));

    expect(fetch.calls).toHaveLength(2);
  });

  it.each([
    { totalTimeout: 10_000 },
    { timeout: 10_000 },
    { timeout: undefined as never }, // ky takes its own 10 s for it
  ])('makes %o the deadline of the stack', async (options) => {
    const fetch = globalFetch({ status: 503, headers: { 'retry-after': '30' } });
    const clock = instantClock();

    const error = await outcomeOf(ky.create(use(retryMiddleware({ clock }))).get(URL, options));

    expect(error.response.status).toBe(503);
    expect(fetch.calls).toHaveLength(1);
    expect(clock.sleeps).toEqual([]);
  });

  it.each([
    [[], 1],
    [[retryMiddleware({ clock: instantClock() })], 3],
  ])('keeps the loop of ky off where other hooks have replaced its own (%#)', async (stack, attempts) => {
    const fetch = globalFetch(503);

    await outcomeOf(ky.create({ ...use(...stack), hooks: { beforeRetry: [] } }).get(URL));

    expect(fetch.calls).toHaveLength(attempts);
  });

  it('warns where it cannot: ky hands over its timeout alone', async () => {
    const { use } = await unwarned();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    globalFetch(200);
    const hooks = { beforeRequest: [] };

    await ky.create(use()).extend({ hooks, totalTimeout: 10_000 }).get(URL);
    await ky.create({ ...use(), hooks }).get(URL);
    expect(warn).not.toHaveBeenCalled();

    await ky.create({ ...use(), hooks, totalTimeout: 10_000 }).get(URL);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('hooks written after ...use()'));
  });

  it('warns of beforeRetry hooks, which are not called', async () => {
    const { use } = await unwarned();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    globalFetch(200);
    const api = ky.create(use()).extend({ hooks: { beforeRetry: [() => {}] } });

    await api.get(URL, { hooks: { afterResponse: [() => {}] } });
    await ky.create(use()).get(URL);
    expect(warn).not.toHaveBeenCalled();

    await api.get(URL);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('beforeRetry hooks are not called'));
  });

  describe('repeats what an afterResponse hook repeats with ky.retry()', () => {
    /** The example in the readme of ky. */
    const refresh: AfterResponseHook = ({ request, response }) => {
      if (response.status !== 401) return;
      const headers = new Headers(request.headers);
      headers.set('authorization', 'new');
      return ky.retry({ request: new Request(request, { headers }), delay: 0 });
    };
    const hooks = { afterResponse: [refresh] };

    it.each<[string, () => Options]>([
      ['no middleware', () => ({})],
      ['a retry()', () => use(retryMiddleware({ clock: instantClock() }))],
      ['a middleware', () => use(header('x-a'))],
    ])('above %s', async (_, stack) => {
      const fetch = globalFetch([401, 200]);

      const response = await ky
        .create(stack())
        .extend({ hooks })
        .post(URL, { json: { id: 1 } });

      expect(response.status).toBe(200);
      expect(fetch.calls[1]!.headers.get('authorization')).toBe('new');
      expect(fetch.calls.map(({ body }) => body)).toEqual(['{"id":1}', '{"id":1}']);
    });

    it('but keeps no stream in memory', async () => {
      const fetch = globalFetch([401, 200]);
      const clone = vi.spyOn(Request.prototype, 'clone');

      await outcomeOf(
        ky
          .create(use())
          .extend({ hooks })
          .post(URL, { body: new Blob(['x']).stream() }),
      );

      expect(fetch.calls).toHaveLength(1);
      expect(clone).not.toHaveBeenCalled();
    });

    it('also where it has replaced the hooks of use()', async () => {
      const fetch = globalFetch([401, 503, 200]);

      const { response } = await outcomeOf(ky.create({ ...use(), hooks }).get(URL));

      expect(response.status).toBe(503);
      expect(fetch.calls).toHaveLength(2);
    });

    it('and nothing else', async () => {
      const fetch = globalFetch([401, 503, 200]);

      const { response } = await outcomeOf(ky.create(use()).extend({ hooks }).get(URL));

      expect(response.status).toBe(503);
      expect(fetch.calls).toHaveLength(2);
    });

    it.each([{ retry: 0 }, { retry: { limit: 0 } }, { steadfetch: { retry: false } } as const])(
      'unless %j of the call turns retries off',
      async (options) => {
        const fetch = globalFetch([401, 200]);

        await outcomeOf(ky.create(use()).extend({ hooks }).get(URL, options));

        expect(fetch.calls).toHaveLength(1);
      },
    );
  });

  it('lets the retry option of an instance speak to a retry() in the stack', async () => {
    const fetch = globalFetch(503);
    const api = ky.create({ retry: 4 }).extend(use(retryMiddleware({ clock: instantClock() })));

    await outcomeOf(api.get(URL));
    await outcomeOf(api.get(URL, { retry: 0 }));

    expect(fetch.calls).toHaveLength(5 + 1);
  });

  it.each<[string, (retry: RetryOptions) => unknown, number]>([
    ['no retry', (retry) => Object.assign(retry, { limit: 0 }), 1],
    ['more', (retry) => Object.assign(retry, { limit: 4 }), 5],
    ['a condition', (retry) => Object.assign(retry, { shouldRetry: () => false }), 1],
    ['a status less', ({ statusCodes }) => statusCodes!.pop() && statusCodes!.pop(), 1],
    ['a method', ({ methods }) => methods!.push('get'), 3],
    ['nothing', () => {}, 3],
  ])('hears what a beforeRequest hook changes in it: %s', async (_, change, requests) => {
    const fetch = globalFetch(503);
    const beforeRequest = [({ options }: { options: { retry: RetryOptions } }) => void change(options.retry)];
    const api = ky.create(use(retryMiddleware({ clock: instantClock() })));

    await outcomeOf(api.extend({ hooks: { beforeRequest, afterResponse: [() => {}] } }).get(URL));
    await outcomeOf(api.extend({ hooks: { beforeRequest } }).get(URL));

    expect(fetch.calls).toHaveLength(2 * requests);
  });

  it('takes false for no retries, of which nothing is told', async () => {
    const { hooks, told } = recorder();
    const fetch = globalFetch(503);

    await outcomeOf(ky.create(use(retryMiddleware({ hooks }))).get(URL, { retry: false as never }));

    expect(fetch.calls).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it.each<[string, (options: Options) => unknown, number]>([
    ['0', (options) => Object.assign(options, { retry: 0 }), 1],
    ['more', (options) => Object.assign(options, { retry: 4 }), 5],
    ['other statuses', (options) => Object.assign(options, { retry: { statusCodes: [500] } }), 1],
    ['more to what there is', (options) => Object.assign(options.retry as object, { limit: 4 }), 5],
  ])('lets the retry option of a later init hook do so as well: %s', async (_, change, requests) => {
    const fetch = globalFetch(503);
    const api = ky.create(use(retryMiddleware({ clock: instantClock() })));

    await outcomeOf(api.extend({ hooks: { init: [(options) => void change(options)] } }).get(URL));

    expect(fetch.calls).toHaveLength(requests);
  });

  it.each<[string, (said: CallOptions) => unknown, number]>([
    ['none', (said) => Object.assign(said, { retry: false }), 1],
    ['another number', (said) => Object.assign(said.retry as object, { maxRetries: 4 }), 5],
  ])('hears what a later init hook changes in our options of a call: %s', async (_, change, requests) => {
    const fetch = globalFetch(503);
    const api = ky.create(use(retryMiddleware({ clock: instantClock() })));
    const init = [({ steadfetch }: Options) => void change(steadfetch!)];

    await outcomeOf(api.extend({ hooks: { init } }).get(URL, { steadfetch: { retry: { maxRetries: 1 } } }));

    expect(fetch.calls).toHaveLength(requests);
  });

  it.each<[string, (retry: RetryOptions) => unknown]>([
    ['no retry', (retry) => Object.assign(retry, { limit: 0 })],
    ['a condition', (retry) => Object.assign(retry, { shouldRetry: () => false })],
  ])('hears what a beforeRequest hook changes in what an init hook put there: %s', async (_, change) => {
    const fetch = globalFetch(503);
    const init = [(options: Options) => void Object.assign(options, { retry: 4 })];
    const beforeRequest = [({ options }: { options: { retry: RetryOptions } }) => void change(options.retry)];
    const api = ky.create(use(retryMiddleware({ clock: instantClock() })));

    await outcomeOf(api.extend({ hooks: { init, beforeRequest } }).get(URL));

    expect(fetch.calls).toHaveLength(1);
  });

  it('is a fetch on its own', async () => {
    const fetch = globalFetch(200);

    await use(header('x-a')).fetch!(URL);

    expect(fetch.calls[0]!.headers.get('x-order')).toBe('x-a');
  });

  it('knows the deadline also where there is no performance timer', async () => {
    const left: number[] = [];
    const spy = defineMiddleware((call, next) => {
      left.push(call.remaining());
      return next(call);
    });
    globalFetch(200);
    vi.stubGlobal('performance', undefined);

    await ky
      .create(use(spy))
      .get(URL, { totalTimeout: 60_000 })
      .finally(() => vi.unstubAllGlobals());

    expect(left[0]).toBeGreaterThan(50_000);
  });

  it('gives way to a fetch that is given later', async () => {
    const fetch = fakeFetch(200);

    await ky
      .create(use(header('x-a')))
      .extend({ fetch })
      .get(URL);

    expect(fetch.calls[0]!.headers.get('x-order')).toBeNull();
  });

  it('is repeated once below a fetch that calls the stack, where that says retry: 0', async () => {
    const fetch = globalFetch(503);
    const steady = ky.create(use(retryMiddleware({ clock: instantClock() })));

    const api = steady.extend(({ fetch: stack }) => ({ retry: 0, fetch: (input, init) => stack!(input, init) }));
    await outcomeOf(api.get(URL));

    expect(fetch.calls).toHaveLength(3);
  });

  it('refuses what is no middleware', () => {
    expect(() => use({} as never)).toThrow(TypeError);
    expect(() => use(1 as never)).toThrow('expected a middleware at position 0, got 1');
    expect(() => use(header('x-a'), 1 as never)).toThrow('expected a middleware at position 1, got 1');
  });
});

describe('use with retry() hooks', () => {
  afterEach(() => vi.restoreAllMocks());

  const stack = () => use(header('x-a'));
  const hooks = () => retry({ clock: instantClock() });

  it.each([
    ['in one object', () => ky.create({ ...stack(), hooks: hooks() })],
    ['stack first', () => ky.create(stack()).extend({ hooks: hooks() })],
    ['hooks first', () => ky.create({ hooks: hooks() }).extend(stack())],
  ])('the hooks retry above the stack (%s)', async (_, make) => {
    const fetch = globalFetch([503, 503, 200]);

    await make().get(URL);

    expect(fetch.calls.map((call) => call.headers.get('x-order'))).toEqual(['x-a', 'x-a', 'x-a']);
  });

  it.each([
    [0, 1],
    [{ limit: 0 }, 1],
    [4, 5],
    [{ statusCodes: [503] }, 3],
  ])('a retry option of the call still wins: %j', async (option, attempts) => {
    const fetch = globalFetch(503);

    await outcomeOf(ky.create({ ...stack(), hooks: hooks() }).get(URL, { retry: option }));

    expect(fetch.calls).toHaveLength(attempts);
  });

  it('a retry() in the stack passes calls through', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { hooks: observers, told } = recorder();
    const inner = retryMiddleware({ maxRetries: 9, clock: instantClock(), hooks: observers });
    const fetch = globalFetch(503);

    await outcomeOf(ky.create({ ...use(inner), hooks: hooks() }).get(URL));

    expect(fetch.calls).toHaveLength(3);
    expect(told).toEqual([]);
  });

  it.each([{ steadfetch: { retry: false } } as const, { retry: false as never }])(
    '%j of a call turns a retry() in the stack off too, without a warning',
    async (options) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const fetch = globalFetch(503);
      const inner = retryMiddleware({ clock: instantClock() });

      await outcomeOf(ky.create({ ...use(inner), hooks: hooks() }).get(URL, options));
      await outcomeOf(ky.create({ fetch: inner(fetch), hooks: hooks() }).get(URL, options));

      expect(fetch.calls).toHaveLength(2);
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('tells the stack which attempt it is', async () => {
    const attempts: number[] = [];
    globalFetch([503, 'network-error', 200]);
    const note = defineMiddleware((call, next) => next(call).finally(() => attempts.push(call.attempt)));

    await ky.create({ ...use(note), hooks: hooks() }).get(URL);

    expect(attempts).toEqual([1, 2, 3]);
  });
});

function globalFetch(script: Script): FakeFetch {
  const fetch = fakeFetch(script);
  vi.spyOn(globalThis, 'fetch').mockImplementation(fetch);
  return fetch;
}

function header(name: string): Middleware {
  return defineMiddleware((call, next) => {
    const headers = new Headers(call.headers);
    headers.append('x-order', name);
    return next(call.with({ headers }));
  });
}
