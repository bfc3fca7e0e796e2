import { type Clock, compose, defineMiddleware, type Middleware } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { maxRetries, onStatus, type RetryOptions, retry, retryWith, serverHints } from '../src/index.ts';
import { API, type Reply, scripted } from './support.ts';

/** Gives a call so many milliseconds. */
function deadline(clock: Clock, ms: number): Middleware {
  const until = clock.now() + ms;
  return defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
}

/** The waits of a call that has so many milliseconds, and the status that it ends with. */
async function waitsWithin(ms: number, options: RetryOptions, ...statuses: number[]) {
  return await play(ms, 0, options, statuses);
}

/** As `waitsWithin`, where each attempt takes so many milliseconds. */
async function play(ms: number, took: number, options: RetryOptions, statuses: Reply[]) {
  const clock = instantClock();
  const waits: number[] = [];
  const slow = defineMiddleware(async (call, next) => {
    if (took > 0) await clock.sleep(took);
    return next(call);
  });
  const hooks = { onRetry: ({ delay }: { delay: number }) => waits.push(delay) };
  const layers = [deadline(clock, ms), retry({ clock, random: () => 0.5, budget: false, hooks, ...options }), slow];
  const { status } = await compose(...layers)(scripted(...statuses).fetch)(API);
  return { waits, status };
}

it('a call with less time than the default wait is retried, and leaves time for the attempt', async () => {
  expect(await waitsWithin(300, {}, 503, 200)).toEqual({ waits: [150], status: 200 });
  expect(await waitsWithin(1_000, {}, 503, 503, 200)).toEqual({ waits: [450, 275], status: 200 });
  expect(await waitsWithin(3_000, { maxRetries: 3 }, 503, 503, 503, 200)).toEqual({
    waits: [450, 900, 825],
    status: 200,
  });
});

it('the time that is left after a wait is as long as the last attempt', async () => {
  expect(await play(1_000, 400, {}, [503, 200])).toEqual({ waits: [150], status: 200 });
  expect(await play(1_000, 600, {}, [503, 200])).toEqual({ waits: [0], status: 200 });
});

it('a wait of the server is spread over a quarter of the time that is left after it: the attempt has the rest', async () => {
  const asks = { status: 503, headers: { 'retry-after': '25' } };

  expect(await play(30_000, 0, { random: () => 1 }, [asks, 200])).toEqual({ waits: [26_250], status: 200 });
  expect(await play(25_001, 0, { random: () => 1 }, [asks, 200])).toEqual({ waits: [25_000.25], status: 200 });
});

it('a wait of the server is spread no further than allows as many such waits and attempts as fit', async () => {
  const asks = { status: 503, headers: { 'retry-after': '14' } };
  const options = { random: () => 1, maxRetries: 5 };

  expect(await play(30_000, 0, options, [asks, asks, 200])).toEqual({ waits: [14_500, 14_375], status: 200 });
  expect(await play(30_000, 0, { ...options, maxRetries: 1 }, [asks, 200])).toEqual({ waits: [16_800], status: 200 });
  expect(await play(30_000, 600, options, [asks, asks, 200])).toEqual({ waits: [14_050, 14_037.5], status: 200 });
  expect(await play(30_000, 900, options, [asks, asks, 200])).toEqual({ waits: [14_000, 14_000], status: 200 });
  expect(await play(Infinity, 0, { ...options, maxRetries: 1e6 }, [asks, 200])).toEqual({
    waits: [16_800],
    status: 200,
  });
});

it('a clock that gives no number takes no retry from a call that waits for the server', async () => {
  const clock = { now: () => Number.NaN, sleep: async () => {} };
  const { fetch } = scripted(
    { status: 503, headers: { 'retry-after': '2' } },
    { status: 503, headers: { 'retry-after': '2' } },
    200,
  );

  expect((await retry({ clock, budget: false })(fetch)(API)).status).toBe(200);
});

it.each([Number.MAX_VALUE, Infinity])(
  'a wait of the server is spread although %s retries are left',
  async (retries) => {
    const clock = instantClock();
    const asks = { status: 503, headers: { 'retry-after': '14' } };
    const retrying = retryWith({ clock, random: () => 1 }, maxRetries(retries), onStatus(503), serverHints());

    expect((await compose(retrying)(scripted(asks, 200).fetch)(API)).status).toBe(200);
    expect(clock.sleeps).toEqual([16_800]);
  },
);

it('a retry that got no permit counts as an attempt as short as the one before it', async () => {
  const clock = instantClock();
  const budget = { acquire: () => undefined, record: () => {} };

  await compose(
    deadline(clock, 10_000),
    retry({ clock, random: () => 0.5, budget, maxRetries: 5 }),
  )(scripted(503).fetch)(API);

  expect(clock.sleeps.map(Math.round)).toEqual([450, 900, 1_800, 3_425, 1_712]);
});

it('requests of one call do not crowd before its deadline', async () => {
  const { waits } = await waitsWithin(10_000, { maxRetries: 1_000 }, 503);

  expect(waits.length).toBeLessThan(10);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(150);
});

it('a call with enough time waits as long as a call without a deadline', async () => {
  expect((await waitsWithin(30_000, {}, 503)).waits).toEqual([450, 900]);
  expect((await waitsWithin(Number.NaN, {}, 503)).waits).toEqual([450, 900]);
});

it('a call without time is not retried, nor one whose own delay does not fit', async () => {
  expect((await waitsWithin(0, {}, 503)).waits).toEqual([]);
  expect((await waitsWithin(300, { delay: () => 300 }, 503)).waits).toEqual([]);
});

it('earlier waits of a call are not part of its first attempt', async () => {
  const clock = instantClock();
  const token = defineMiddleware(async (call, next) => {
    await clock.sleep(2_000);
    return next(call);
  });
  const limit = defineMiddleware((call, next) => {
    const from = clock.now();
    call.record.age = () => clock.now() - from;
    return next(call.with({ remaining: () => from + 3_000 - clock.now() }));
  });

  const layers = [limit, token, retry({ clock, random: () => 0.5, budget: false })];
  await compose(...layers)(scripted(503, 200).fetch)(API);

  expect(clock.sleeps).toEqual([2_000, 450]);
});
