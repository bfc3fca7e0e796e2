import { use, retry as withRetry } from '@steadfetch/ky';
import { fakeFetch, type ManualClock, manualClock, type Script } from '@steadfetch/testing';
import ky from 'ky';
import {
  compose,
  concurrency,
  DrainError,
  defineMiddleware,
  drain,
  type Fetch,
  type Middleware,
  observe,
  type RetryOptions,
  rateLimit,
  retry,
  type SteadfetchEvent,
} from 'steadfetch';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

interface Parts {
  first: Middleware[];
  fetch: Fetch;
  options: RetryOptions;
  below: Middleware[];
}

const asFetch =
  (api: typeof ky): Fetch =>
  (input, init) =>
    api(input as string, { ...(init as object), throwHttpErrors: false });

const STACKS: { name: string; make(parts: Parts): Fetch }[] = [
  {
    name: 'fetch',
    make: ({ first, fetch, options, below }) => compose(...first, retry(options), ...below)(fetch),
  },
  {
    name: 'ky use()',
    make: ({ first, options, below }) => asFetch(ky.create(use(...first, retry(options), ...below))),
  },
  {
    name: 'ky hooks',
    make: ({ first, options, below }) => asFetch(ky.create({ ...use(...first, ...below), hooks: withRetry(options) })),
  },
];

const URL = 'https://api.test/x';
const errorOf = (call: Promise<Response>) =>
  call.then(
    () => undefined,
    (error: DrainError) => error,
  );

/** A server that answers when it is told to. */
function slowServer(clock: ManualClock, ms: number, status = 200): Fetch {
  return async () => {
    await clock.sleep(ms);
    return new Response('late', { status });
  };
}

describe.each(STACKS)('drain() under $name', ({ name, make }) => {
  const setUp = (
    server: Script | ((clock: ManualClock) => Fetch),
    { below, options }: { below?: (clock: ManualClock) => Middleware[]; options?: RetryOptions } = {},
  ) => {
    const clock = manualClock();
    const plain = typeof server === 'function' && server.length === 1 ? undefined : fakeFetch(server as Script);
    const fetch = plain ?? (server as (clock: ManualClock) => Fetch)(clock);
    vi.stubGlobal('fetch', fetch);
    onTestFinished(() => void vi.unstubAllGlobals());
    const draining = drain({ clock });
    const events: SteadfetchEvent[] = [];
    const call = make({
      first: [observe((event) => events.push(event), { clock }), draining],
      fetch: (...args) => globalThis.fetch(...args),
      options: { delay: () => 60_000, clock, budget: false, ...options },
      below: below?.(clock) ?? [],
    });
    return { call, clock, draining, events, requests: () => plain?.calls.length };
  };

  it('ends a call that waits for a retry, with the status of its last answer', async () => {
    const { call, clock, draining, events, requests } = setUp(503);
    const error = errorOf(call(URL));
    await clock.advance(1_000);

    const closed = draining.close();

    expect(await error).toMatchObject({ name: 'DrainError', reason: 'draining', status: 503 });
    expect(await closed).toEqual({ finished: 0, ended: 1 });
    await clock.runAll();
    expect([clock.pending, requests()]).toEqual([0, 1]);
    expect(events.map(({ type }) => type)).toEqual(['start', 'attempt', 'wait', 'give-up', 'end']);
  });

  it('ends a call that waits at the gate', async () => {
    const script: Script = { status: 429, headers: { 'retry-after': '20' } };
    const { call, clock, draining, requests } = setUp([script, 200], {
      below: (clock) => [rateLimit({ clock, random: () => 0 })],
    });
    const error = errorOf(call(URL));
    await clock.advance(1_000);

    const closed = draining.close();

    expect(await error).toMatchObject({ name: 'DrainError', status: 429 });
    expect(await closed).toEqual({ finished: 0, ended: 1 });
    expect([clock.pending, requests()]).toEqual([0, 1]);
  });

  it('ends a call that waits for a slot, and not the one that has it', async () => {
    const { call, clock, draining } = setUp((clock) => slowServer(clock, 3_000), { below: () => [concurrency(1)] });
    const running = call(URL);
    const waiting = errorOf(call(URL));
    await clock.advance(1_000);

    const closed = draining.close();

    expect(await waiting).toMatchObject({ name: 'DrainError', status: undefined });
    await clock.advance(2_000);
    expect(await (await running).text()).toBe('late');
    expect(await closed).toEqual({ finished: 1, ended: 1 });
    expect(clock.pending).toBe(0);
  });

  it('refuses a wait that begins after it was closed', async () => {
    const late = (clock: ManualClock) =>
      defineMiddleware(async (call, next) => {
        await clock.sleep(1_000);
        return next(call);
      });
    const below = (clock: ManualClock) => [late(clock), concurrency(1)];
    const { call, clock, draining } = setUp((clock) => slowServer(clock, 3_000), { below });
    const running = call(URL);
    await clock.advance(500);
    const second = errorOf(call(URL));
    await clock.advance(600);

    const closed = draining.close();
    await clock.advance(400);
    expect(await second).toMatchObject({ name: 'DrainError', status: undefined });
    await clock.runAll();

    expect((await running).status).toBe(200);
    expect(await closed).toEqual({ finished: 1, ended: 1 });
  });

  it('returns the answer of a request under way, and repeats nothing', async () => {
    const { call, clock, draining } = setUp((clock) => slowServer(clock, 3_000, 503));
    const answer = call(URL);
    await clock.advance(1_000);

    const closed = draining.close();
    await clock.advance(2_000);

    expect(await (await answer).text()).toBe('late');
    expect(await closed).toEqual({ finished: 1, ended: 0 });
    expect(clock.pending).toBe(0);
  });

  it('does not send a call that begins later', async () => {
    const { call, draining, requests, events } = setUp(200);
    await draining.close();

    const error = await errorOf(call(URL));

    expect(error).toBeInstanceOf(DrainError);
    expect(error).toMatchObject({ local: true, reason: 'draining', status: undefined });
    expect(requests()).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(
      name === 'ky hooks' ? ['start', 'give-up', 'end'] : ['start', 'end'],
    );
  });

  it('ends what is still under way at the deadline', async () => {
    const { call, clock, draining } = setUp((clock) => slowServer(clock, 60_000));
    const error = errorOf(call(URL));
    await clock.advance(0);

    const closed = draining.close({ deadline: 5_000 });
    await clock.advance(5_000);

    expect(await closed).toEqual({ finished: 0, ended: 1 });
    expect(await error).toMatchObject({ name: 'DrainError', message: expect.stringContaining('at the deadline') });
    await clock.runAll();
  });

  it('can be closed by a listener that gets the event of the wait', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    vi.stubGlobal('fetch', fakeFetch(503));
    onTestFinished(() => void vi.unstubAllGlobals());
    const closing: Promise<unknown>[] = [];
    const close = observe((event) => {
      if (event.type === 'wait') closing.push(draining.close());
    });
    for (const first of [
      [close, draining],
      [draining, close],
    ]) {
      const options = { delay: () => 60_000, clock, budget: false } as const;
      const call = make({ first, fetch: (...args) => globalThis.fetch(...args), options, below: [] });
      const error = await errorOf(call(URL));
      expect(error).toMatchObject({ name: 'DrainError' });
    }
    await Promise.all(closing);
    expect([clock.pending, closing.length]).toEqual([0, 1]);
  });
});
