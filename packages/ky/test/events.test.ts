import { compose, observe } from '@steadfetch/core';
import { historyOf } from '@steadfetch/retry';
import { instantClock } from '@steadfetch/testing';
import ky, { type Options } from 'ky';
import { describe, expect, it } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, recorder, URL } from './client.ts';

const hangs: typeof fetch = (input, init) =>
  new Promise((_, reject) => {
    const { signal } = input instanceof Request && !init?.signal ? input : init!;
    signal!.addEventListener('abort', () => reject(signal!.reason));
  });

describe('hooks', () => {
  it('tell of each retry and of the recovery', async () => {
    const { hooks, told } = recorder();
    const { api } = client([503, 'network-error', 200], { delay: () => 100, hooks });

    await api.get(`${URL}?token=secret`);

    expect(told).toEqual([
      ['retry', { attempt: 1, delay: 100, delaySource: 'backoff', reason: 'status', cause: '503', url: URL }],
      ['retry', { attempt: 2, delay: 100, delaySource: 'backoff', reason: 'network', cause: 'ECONNRESET', url: URL }],
      ['recover', { attempt: 3, attempts: 3, cause: '200', url: URL }],
    ]);
  });

  it.each(['503', 'network-error', 'timeout'])('tell that the limit is reached by a %s', async (kind) => {
    const { hooks, told } = recorder();
    const reply = kind === '503' ? 503 : kind === 'timeout' ? ({ fault: 'stall-headers' } as const) : 'network-error';
    const { api } = client(reply, { maxRetries: 1, hooks });

    await outcomeOf(api.get(URL, { timeout: 5 }));

    expect(told.map(([name, { reason }]) => [name, reason])).toEqual([
      ['retry', kind === '503' ? 'status' : kind === 'timeout' ? 'timeout' : 'network'],
      ['give up', 'limit'],
    ]);
  });

  it('neither break nor delay a call', async () => {
    const onRetry = () => Promise.reject(new Error('mine'));
    const onRecover = () => {
      throw new Error('mine');
    };
    const { api } = client([503, 200], { hooks: { onRetry, onRecover } });

    expect((await api.get(URL)).status).toBe(200);
  });
});

describe('the end of a call', () => {
  const down = async () => new Response(null, { status: 503 });
  let caller = new AbortController();
  const cases: Record<string, { fetch?: typeof fetch; options?: Options; aborts?: unknown }> = {
    'an abort without retries': { fetch: hangs, options: { retry: 0 }, aborts: new Error('enough') },
    'an abort with a text': { fetch: hangs, aborts: 'enough' },
    'a hook that stops': { options: { hooks: { beforeRetry: [() => ky.stop] } } },
    'a hook that throws': { options: { hooks: { beforeRetry: [() => Promise.reject(new Error('mine'))] } } },
    'an abort with a text while the last answer is judged': {
      fetch: down,
      options: { retry: 0, hooks: { afterResponse: [() => caller.abort('enough')] } },
    },
    'an abort with a text while ky waits before a retry of the caller': {
      options: { hooks: { afterResponse: [() => ky.retry({ delay: 60_000 })] } },
      aborts: 'enough',
    },
    'an abort with a text in a hook before a retry of the caller, by a fetch that ignores it': {
      fetch: down,
      options: {
        hooks: { afterResponse: [() => ky.retry({ delay: 0 })], beforeRetry: [() => caller.abort('enough')] },
      },
    },
    'a hook that sees responses and throws a text': {
      options: { hooks: { afterResponse: [() => Promise.reject('text')] } },
    },
    'what is thrown and no error': { fetch: () => Promise.reject('text') },
    'what is thrown and no error after an abort, by a fetch that ignores it': {
      fetch: () => (caller.signal.aborted ? Promise.reject('text') : down()),
      options: { hooks: { beforeRetry: [() => caller.abort(new Error('enough'))] } },
    },
    'what is thrown and no error, without retries': { fetch: () => Promise.reject('text'), options: { retry: 0 } },
  };

  it.each(
    Object.entries(cases).flatMap(([name, of]) => [false, true].map((byRequest) => [name, byRequest, of] as const)),
  )(
    'is told once to observers: %s (signal of a Request: %s)',
    async (_, byRequest, { fetch = down, options, aborts }) => {
      const types: string[] = [];
      caller = new AbortController();
      const observed = compose(observe(({ type }) => types.push(type)))(fetch);
      const api = ky.create({ fetch: observed, hooks: retry({ clock: instantClock() }) }).extend(options ?? {});
      const { signal } = caller;
      const call = outcomeOf(byRequest ? api(new Request(URL, { signal })) : api(URL, { signal }));
      if (aborts) {
        await new Promise((resolve) => setImmediate(resolve));
        caller.abort(aborts);
      }
      await call;
      expect(types.filter((type) => type === 'end')).toHaveLength(1);
      expect(types.at(-1)).toBe('end');
    },
  );

  it('is told to observers also where a condition throws before anything is sent', async () => {
    const seen: unknown[] = [];
    const failed = new Error('mine');
    const idempotent = () => {
      throw failed;
    };
    const observed = compose(observe((event) => seen.push(event.type === 'end' ? event.error : event.type)))(down);
    const api = ky.create({ fetch: observed, hooks: retry({ idempotent }) });

    expect(await outcomeOf(api.post(URL))).toBe(failed);
    expect(seen).toEqual(['start', failed]);
  });

  it('is told to observers with the reason of an abort, also where the last attempt throws what is no error', async () => {
    const reason = new Error('enough');
    const seen: unknown[] = [];
    const aborts = () => {
      caller.abort(reason);
      return Promise.reject('text');
    };
    const observed = compose(observe((event) => event.type === 'end' && seen.push(event.error)))(aborts);
    caller = new AbortController();
    const api = ky.create({ fetch: observed, hooks: retry() });

    expect(await outcomeOf(api.get(URL, { retry: 0, signal: caller.signal }))).toBe(reason);
    expect(seen).toEqual([reason]);
  });
});

describe('historyOf', () => {
  it('knows the attempts behind a retry that a hook forces, and that the limit forbids', async () => {
    const { api } = client([401, 403, 401]);
    const force = () => ky.retry({ delay: 0 });

    const error = await outcomeOf(api.get(URL, { hooks: { afterResponse: [force] } }));

    expect(error.name).toBe('ForceRetryError');
    expect(historyOf(error)).toMatchObject([{ status: 401 }, { status: 403 }, { status: 401 }]);
  });

  it('knows the attempts behind a response', async () => {
    const { api, clock } = client([503, 200], { delay: () => 100 });
    const at = clock.now();

    const response = await api.get(URL);

    expect(historyOf(response)).toEqual([
      { attempt: 1, status: 503, at, delay: 100, delaySource: 'backoff' },
      { attempt: 2, status: 200, at: at + 100 },
    ]);
  });

  it('knows the attempts behind an HTTPError, a NetworkError and a TimeoutError', async () => {
    const errors = await Promise.all([
      outcomeOf(client(503).api.get(URL)),
      outcomeOf(client('network-error').api.get(URL)),
      outcomeOf(client({ fault: 'stall-headers' }).api.get(URL, { timeout: 5 })),
    ]);

    expect(errors.map((error) => error.name)).toEqual(['HTTPError', 'NetworkError', 'TimeoutError']);
    expect(errors.map((error) => historyOf(error)?.length)).toEqual([3, 3, 3]);
  });
});
