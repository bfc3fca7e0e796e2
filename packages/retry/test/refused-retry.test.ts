import { compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import type { RetryBudget } from '@steadfetch/retry-budget';
import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { down, loadAnew, retry } from './fresh-retry.ts';
import { timed } from './support.ts';

const API = 'https://api.test/';

loadAnew();

describe('a call whose retry the budget refuses', () => {
  const refusing = { acquire: () => undefined, record: () => {} };

  it('ends no sooner than the retries would have been due, so that a job does not run through its items', async () => {
    const clock = manualClock();
    const steady = retry({ clock, delay: ({ attempt }) => attempt * 100, maxRetries: 2, budget: refusing })(down());
    const ended = vi.fn();
    void steady(API).then(ended);

    await clock.advance(299);
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);

    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('lends what a layer outside holds for it, such as a slot, while it is held', async () => {
    const clock = manualClock();
    const rest = vi.fn(() => async () => {});
    const holding = defineMiddleware((call, next) => next(call.with({ rest })));
    const options = { clock, delay: () => 100, maxRetries: 1, budget: refusing };
    const call = compose(holding, retry(options))(down())(API);

    await clock.advance(50);
    expect(rest).toHaveBeenCalledOnce();
    await clock.advance(50);
    expect((await call).status).toBe(503);
  });

  it('asks again when each of its retries is due, and ends where there is still no permit', async () => {
    const clock = instantClock();
    const asked: string[] = [];
    const budget = { ...refusing, acquire: (_key: string, kind: string) => void asked.push(kind) };
    const busy = fakeFetch(() => ({ status: 503, headers: { 'retry-after': '20' } }));

    expect((await retry({ clock, serverHints: { spread: 0 }, budget })(busy)(API)).status).toBe(503);
    expect(clock.sleeps).toEqual([20_000, 20_000]);
    expect(asked).toEqual(['throttled', 'held', 'held']);
    expect(busy.requests).toHaveLength(1);
  });

  it.each([
    ['gets its permit', 3, 200, [100, 1_000, 1_000, 1_000]],
    [
      'has asked ten times more, and then waits for its next retry',
      Infinity,
      503,
      [100, ...Array(10).fill(1_000), 100, ...Array(10).fill(1_000)],
    ],
  ])('waits for its turn while the server answers again, until it %s', async (_, turns, status, sleeps) => {
    const clock = instantClock();
    let asked = 0;
    const acquire = (_key: string, kind: string) =>
      kind === 'held' && asked++ >= turns ? { release: () => {} } : undefined;
    const fetch = fakeFetch(() => (asked === 0 ? 503 : 200));

    const steady = retry({ clock, delay: () => 100, budget: { ...refusing, acquire, isBack: () => true } })(fetch);

    expect((await steady(API)).status).toBe(status);
    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual(sleeps);
  });

  it('waits for its turn also where it asks for the last time', async () => {
    const clock = manualClock();
    let asked = 0;
    const acquire = (_key: string, kind: string) =>
      kind === 'held' && asked++ >= 4 ? { release: () => {} } : undefined;
    const budget = { ...refusing, acquire, isBack: () => asked > 1 };
    const slow = fakeFetch(() => ({ status: asked === 0 ? 503 : 200, delay: 2_000 }), { clock });
    const layer = retry({ clock, delay: () => 100, maxRetries: 1, budget });

    const response = compose(timed(clock), layer)(slow)(API);
    await clock.advance(2_000 + 100 + 2_000 + 3_000 + 2_000);

    expect((await response).status).toBe(200);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('isBack');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('isBack');
      },
    ],
    ['answers with a promise', async () => true],
  ])('waits for no turn where isBack %s', async (_, isBack) => {
    const clock = instantClock();
    const budget = { ...refusing, isBack: isBack as () => boolean };

    expect((await retry({ clock, delay: () => 100, budget })(down())(API)).status).toBe(503);
    expect(clock.sleeps).toEqual([100, 100]);
  });

  it('waits for no turn that leaves no time for an attempt', async () => {
    const clock = instantClock();
    const until = clock.now() + 2_000;
    const limited = defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
    const budget = { ...refusing, isBack: () => true };

    expect((await compose(limited, retry({ clock, delay: () => 100, budget }))(down())(API)).status).toBe(503);
    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual([100, 1_000, 100]);
  });

  it('waits for turns while half of the rest is left, however long an attempt was that was cut', async () => {
    const clock = manualClock();
    let until = Infinity;
    const limited = defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
    const hung: Fetch = async () => {
      await clock.sleep(10_000);
      return new Response(null, { status: 504 });
    };
    const asked: number[] = [];
    const budget = { ...refusing, acquire: () => void asked.push(until - clock.now()), isBack: () => true };
    const steady = compose(limited, retry({ clock, delay: () => 100, maxRetries: 1, budget }))(hung);
    const first = steady(API); // from now on it is known how long attempts take
    await clock.advance(60_000);
    await first;
    asked.length = 0;

    until = clock.now() + 15_000;
    const response = steady(API);
    await clock.advance(15_000);

    expect((await response).status).toBe(504);
    expect(asked).toEqual([5_000, 4_900, 3_900, 2_900, 1_900]);
  });

  it('waits for each retry as long as the server asked', async () => {
    const clock = instantClock();
    const busy = fakeFetch(() => ({ status: 503, headers: { 'retry-after': '1' } }));

    const steady = retry({ clock, serverHints: { spread: 0 }, delay: () => 0, maxRetries: 3, budget: refusing })(busy);
    await steady(API);
    await steady(API);

    expect(clock.sleeps).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it('waits no longer than the server asked after a retry whose own wait was longer', async () => {
    const clock = instantClock();
    const busy = fakeFetch(() => ({ status: 503, headers: { 'retry-after': '1' } }));
    const delay = ({ attempt }: { attempt: number }) => (attempt === 2 ? 3_000 : 0);

    await retry({ clock, serverHints: { spread: 0 }, delay, maxRetries: 3, budget: refusing })(busy)(API);

    expect(clock.sleeps).toEqual([1_000, 3_000, 1_000]);
  });

  it.each([
    ['of one retry', false],
    ['also where each is made by a retry of its own that shares the budget', true],
  ])('takes as long as its attempts would have taken, from the second call on, %s', async (_, isOwn) => {
    const clock = manualClock();
    const budget = { ...refusing };
    const slow: Fetch = async () => {
      await clock.sleep(1_000);
      return new Response(null, { status: 504 });
    };
    const made = () => retry({ clock, delay: () => 100, maxRetries: 2, budget })(slow);
    const steady = made();
    const timeOf = async () => {
      const from = clock.now();
      let took: number | undefined;
      void (isOwn ? made() : steady)(API).then(() => {
        took = clock.now() - from;
      });
      while (took === undefined) await clock.advance(100);
      return took;
    };

    expect(await timeOf()).toBe(1_200);
    expect(await timeOf()).toBe(3_200);
  });

  it.each([
    ['a layer times the call', 0],
    ['its attempt waited for a turn in a limiter, as each retry would', 900],
  ])('takes as long also where it is the first one, and %s', async (_, ms) => {
    const clock = manualClock();
    const slow: Fetch = async () => {
      await clock.sleep(1_000 - ms);
      return new Response(null, { status: 504 });
    };
    const line = defineMiddleware(async (call, next) => {
      await clock.sleep(ms);
      call.record.waited += ms;
      return next(call);
    });
    const steady = compose(timed(clock), retry({ clock, delay: () => 100, budget: refusing }), line)(slow);
    const ended = vi.fn();
    void steady(API).then(ended);

    await clock.advance(3_199); // an attempt, 100 ms, an attempt, 100 ms, an attempt
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);

    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('is sent again when a retry is due and there is a permit by then', async () => {
    const clock = instantClock();
    const outcomes: string[] = [];
    const budget: RetryBudget = {
      acquire: (_key, kind) => (kind === 'held' ? { release: () => {} } : undefined),
      record: (_key, outcome, attempt) => void outcomes.push(`${attempt} ${outcome}`),
    };
    const well = fakeFetch([{ status: 429, headers: { 'retry-after': '20' } }, 200]);

    const response = await retry({ clock, serverHints: { spread: 0 }, budget })(well)(API);

    expect(response.status).toBe(200);
    expect(clock.sleeps[0]).toBe(20_000);
    expect(outcomes).toEqual(['1 failure', '2 success']);
  });

  it('sends no more than the retries that are left when a permit comes late', async () => {
    const clock = instantClock();
    let refusals = 2;
    const budget: RetryBudget = {
      acquire: () => (refusals-- > 0 ? undefined : { release: () => {} }),
      record: () => {},
    };
    const fetch = down();

    expect((await retry({ clock, delay: () => 100, maxRetries: 3, budget })(fetch)(API)).status).toBe(503);

    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual([100, 100, 100]);
    expect(fetch.requests).toHaveLength(3);
  });

  it('sends its last retry as the last, when a permit comes late', async () => {
    let refusals = 2;
    const budget: RetryBudget = {
      acquire: () => (refusals-- > 0 ? undefined : { release: () => {} }),
      record: () => {},
    };
    const marks: unknown[] = [];
    const below = defineMiddleware((call) => {
      marks.push(call.retried);
      return Promise.resolve(new Response(null, { status: 503 }));
    });

    await compose(retry({ clock: instantClock(), delay: () => 100, budget }), below)(down())(API);

    expect(marks).toEqual([true, 'last']);
  });

  it.each([
    ['is sent when its last retry has taken its time, if there is a permit by then', 30_000, 200, 100],
    ['is sent then also where its waits are longer than its attempts', 30_000, 200, 3_000],
    ['is not sent then without time for an attempt', 8_000, 503, 100],
  ])('%s', async (_, limit, status, delay) => {
    const clock = manualClock();
    let refusals = 3;
    const acquire = () => (refusals-- > 0 ? undefined : { release: () => {} });
    const marks: unknown[] = [];
    const below = defineMiddleware((call, next) => {
      marks.push(call.retried);
      return next(call);
    });
    const slow = fakeFetch(() => ({ status: refusals > 0 ? 503 : 200, delay: 2_000 }), { clock });
    const started = clock.now();
    const limited = defineMiddleware((call, next) => {
      call.record.age = () => clock.now() - started;
      return next(call.with({ remaining: () => started + limit - clock.now() }));
    });
    const layer = retry({ clock, delay: () => delay, budget: { ...refusing, acquire } });

    const response = compose(limited, layer, below)(slow)(API);
    await clock.advance(limit);

    expect((await response).status).toBe(status);
    expect(marks).toEqual(status === 200 ? [true, 'last'] : [true]);
  });

  it('asks once more where its retries take no time', async () => {
    const acquire = vi.fn(() => undefined);
    const steady = retry({ delay: () => 0, maxRetries: 100_000, budget: { ...refusing, acquire } });

    expect((await steady(down())(API)).status).toBe(503);

    expect(acquire).toHaveBeenCalledTimes(2);
  });

  it('takes as long as those of its retries that fit into the time that it has left', async () => {
    const clock = instantClock();
    const until = clock.now() + 5_000;
    const within = defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
    const delay = ({ attempt }: { attempt: number }) => attempt * 1_000;
    const steady = compose(within, retry({ clock, delay, maxRetries: 5, budget: refusing }))(down());

    expect((await steady(API)).status).toBe(503);
    expect(clock.sleeps).toEqual([1_000, 2_000]);
  });

  it('ends with its outcome before its time is over, however slow its attempts are', async () => {
    const clock = manualClock();
    const slow: Fetch = async () => {
      await clock.sleep(1_800);
      return new Response(null, { status: 504 });
    };
    const within = defineMiddleware((call, next) => {
      const until = clock.now() + 5_000;
      return next(call.with({ remaining: () => until - clock.now() }));
    });
    const steady = compose(within, retry({ clock, delay: () => 100, budget: refusing }))(slow);
    const ends: string[] = [];
    const call = () => {
      const from = clock.now();
      void steady(API).then(({ status }) => ends.push(`${status} after ${clock.now() - from} ms`));
    };

    call();
    await clock.advance(5_000);
    call();
    await clock.advance(5_000);

    expect(ends).toEqual(['504 after 2000 ms', '504 after 4880 ms']);
  });
});
