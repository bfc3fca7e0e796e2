import { systemClock } from '@steadfetch/core';
import { historyOf } from '@steadfetch/retry';
import { instantClock } from '@steadfetch/testing';
import ky, { type Options } from 'ky';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { client, outcomeOf, recorder, URL, virtualTime } from './client.ts';

describe('a retry that was announced', () => {
  const ends: [string, Options, unknown][] = [
    ['stop', { hooks: { beforeRetry: [() => ky.stop] } }, undefined],
    ['throw', { hooks: { beforeRetry: [() => Promise.reject(new Error('mine'))] } }, 'mine'],
    ['answer', { hooks: { beforeRetry: [() => new Response('made up')] } }, 200],
  ];

  it.each(
    ends.flatMap((end) =>
      [true, false].flatMap((throwing) => [503, 'network-error'].map((reply) => [...end, throwing, reply])),
    ),
  )('has an end where a beforeRetry hook %ss (%#)', async (_, options, outcome, throwHttpErrors, reply) => {
    const { hooks, told } = recorder();
    let permits = 0;
    const budget = { record: () => {}, acquire: () => ({ release: () => void permits--, taken: permits++ }) };
    const { api, fetch } = client(reply as 503, { hooks, budget });

    const result = await outcomeOf(
      api.get(URL, { ...(options as Options), throwHttpErrors: throwHttpErrors as boolean }),
    );

    expect((result as { status?: number })?.status ?? result?.message).toBe(outcome);
    expect(told.map(([name, { attempt, reason }]) => [name, attempt, reason])).toEqual([
      ['retry', 1, reply === 503 ? 'status' : 'network'],
      ['give up', 1, 'predicate'],
    ]);
    expect(permits).toBe(0);
    expect(fetch.calls).toHaveLength(1);
  });

  it.each<[string, Options['hooks'], string]>([
    [
      'throws',
      { afterResponse: [({ retryCount }) => (retryCount ? Promise.reject(new Error('mine')) : undefined)] },
      'predicate',
    ],
    [
      'throws a string',
      { afterResponse: [({ retryCount }) => (retryCount ? Promise.reject('mine') : undefined)] },
      'predicate',
    ],
    ['repeats', { afterResponse: [({ retryCount }) => (retryCount ? ky.retry({ delay: 0 }) : undefined)] }, 'limit'],
  ])('has an end where an afterResponse hook then %s', async (_, hooks, reason) => {
    const observed = recorder();
    const { api } = client([503, 200], { hooks: observed.hooks, maxRetries: 1 });

    await outcomeOf(api.get(URL, { hooks: hooks! }));

    expect(observed.told.map(([name, event]) => [name, event.attempt, event.reason])).toEqual([
      ['retry', 1, 'status'],
      ['give up', 2, reason],
    ]);
  });

  it.each(['leave', new Error('leave')])('has one end where an observer of it aborts the call (%s)', async (reason) => {
    for (const throwHttpErrors of [true, false]) {
      const { hooks, told } = recorder();
      const controller = new AbortController();
      const aborting = { onRetry: () => controller.abort(reason) };
      const { api } = client(503, { hooks: [hooks, aborting] });

      const ending = await outcomeOf(api.get(URL, { signal: controller.signal, throwHttpErrors }));

      expect(ending).toBe(reason);
      expect(told.map(([name, event]) => [name, event.reason])).toEqual([
        ['retry', 'status'],
        ['give up', 'aborted'],
      ]);
    }
  });

  it('has one end where the call is aborted during a beforeRetry hook, whatever a deaf fetch then gives', async () => {
    for (const reply of [200, 503, 'network-error'] as const) {
      const { hooks, told } = recorder();
      const controller = new AbortController();
      const { fetch } = client([503, reply]);
      const deaf = (request: Request) => fetch(request.url);
      const api = ky.create({ fetch: deaf as never, hooks: retry({ clock: instantClock(), hooks }) });
      const beforeRetry = [() => controller.abort('leave')];

      await outcomeOf(api.get(URL, { signal: controller.signal, hooks: { beforeRetry } }));

      expect(told.map(([name, event]) => [name, event.reason])).toEqual([
        ['retry', 'status'],
        ['give up', 'aborted'],
      ]);
    }
  });

  it('has its end at an abort during a beforeRetry hook, also by a signal that a later init hook sets', async () => {
    const { hooks, told } = recorder();
    const controller = new AbortController();
    const { fetch } = client([503, 200]);
    const deaf = (request: Request) => fetch(request.url);
    const init = [(options: Options) => void Object.assign(options, { signal: controller.signal })];
    const beforeRetry = [() => controller.abort('leave')];
    const api = ky.create({ fetch: deaf as never, hooks: retry({ clock: instantClock(), hooks }) });

    await outcomeOf(api.extend({ hooks: { init, beforeRetry } }).get(URL));

    expect(told.map(([name, event]) => [name, event.reason])).toEqual([
      ['retry', 'status'],
      ['give up', 'aborted'],
    ]);
  });

  it('has an end where the last attempt fails with what is no Error', async () => {
    const { hooks, told } = recorder();
    const fetch = vi.fn().mockRejectedValueOnce(new TypeError('fetch failed')).mockRejectedValue('odd');
    const api = ky.create({ fetch, hooks: retry({ clock: instantClock(), maxRetries: 1, hooks }) });

    expect(await outcomeOf(api.get(URL))).toBe('odd');
    expect(told.map(([name]) => name)).toEqual(['retry', 'give up']);
  });

  it.each(['answer', 'text'])('is not ended by the late %s of an attempt that timed out', async (late) => {
    virtualTime();
    const { hooks, told } = recorder();
    const replies = [30, 60];
    const fetch = () =>
      new Promise<Response>((resolve, reject) => {
        setTimeout(() => (late === 'text' ? reject(late) : resolve(new Response())), replies.shift());
      });
    const api = ky.create({ fetch, hooks: retry({ delay: () => 0, hooks, maxRetries: 1 }) });

    expect((await outcomeOf(api.get(URL, { timeout: 20 }))).name).toBe('TimeoutError');
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(told.map(([name, { reason }]) => [name, reason])).toEqual([
      ['retry', 'timeout'],
      ['give up', 'limit'],
    ]);
  });

  it('is told once where totalTimeout runs out in an afterResponse hook', async () => {
    virtualTime();
    const { hooks, told } = recorder();
    const afterResponse = [() => new Promise<void>((resolve) => setTimeout(resolve, 150))];

    const { api } = client(503, { hooks, clock: systemClock });
    await outcomeOf(api.get(URL, { totalTimeout: 100, hooks: { afterResponse } }));

    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told.map(([name, { reason }]) => [name, reason])).toEqual([['give up', 'deadline']]);
  });

  it('is told once where the body of the answer to a retry stands still', async () => {
    virtualTime();
    const { hooks, told } = recorder();
    const { api } = client([503, { status: 200, body: '{"half":', fault: 'stall-body' }], { hooks, delay: () => 0 });

    const error = await outcomeOf(api.get(URL, { totalTimeout: 100 }).json());

    expect(error.name).toBe('TimeoutError');
    expect(told.map(([name]) => name)).toEqual(['retry', 'recover']);
  });

  it('is told once where that hook looks at the answer to a retry', async () => {
    virtualTime();
    const { hooks, told } = recorder();
    const slow = ({ retryCount }: { retryCount: number }) =>
      new Promise<void>((resolve) => setTimeout(resolve, retryCount * 150));

    const { api } = client(503, { hooks, clock: systemClock, delay: () => 0 });
    await outcomeOf(api.get(URL, { totalTimeout: 100, hooks: { afterResponse: [slow] } }));

    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told.map(([name, { reason }]) => [name, reason])).toEqual([
      ['retry', 'status'],
      ['give up', 'deadline'],
    ]);
  });

  it('keeps the history for the error that a hook throws again', async () => {
    const beforeRetry = [({ error }: { error: Error }) => Promise.reject(error)];

    const error = await outcomeOf(client(503).api.get(URL, { hooks: { beforeRetry } }));

    expect(historyOf(error)).toMatchObject([{ attempt: 1, status: 503 }]);
  });

  it('has an end where totalTimeout runs out in a beforeRetry hook', async () => {
    virtualTime();
    const { hooks, told } = recorder();
    const beforeRetry = [() => new Promise<void>(() => {})];

    const error = await outcomeOf(
      client(503, { hooks, delay: () => 0 }).api.get(URL, { totalTimeout: 20, hooks: { beforeRetry } }),
    );

    expect(error.name).toBe('TimeoutError');
    expect(told.map(([name, { reason }]) => [name, reason])).toEqual([
      ['retry', 'status'],
      ['give up', 'deadline'],
    ]);
  });
});
