import type { Fetch } from '@steadfetch/core';
import type { RetryBudget } from '@steadfetch/retry-budget';
import { instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { down, loadAnew, retry } from './fresh-retry.ts';

const API = 'https://api.test/';

loadAnew();

describe('a call whose retry the budget refuses', () => {
  const refusing = { acquire: () => undefined, record: () => {} };

  it('is held no longer where the machine has slept while it was held', async () => {
    const clock = sleepyClock();
    const steady = retry({ clock, delay: () => 100, budget: refusing })(down());
    await steady(API);
    clock.sleeps.length = 0;

    await clock.oversleep(() => steady(API));

    expect(clock.sleeps).toEqual([100, 100]);
  });

  it.each([
    ['100 ms', 100, 0],
    ['the time of an attempt, where that is longer,', 300, 300],
  ])(
    'asks once more %s after the machine was busy when its last retry was due: nobody could hear an answer before',
    async (_, after, took) => {
      const clock = sleepyClock();
      const budget = { ...refusing, acquire: () => (clock.sleeps.length > 2 ? { release() {} } : undefined) };
      const answers = [503, 200];
      const backSoon: Fetch = async () => {
        await clock.sleep(took);
        return clock.oversleep(async () => new Response(null, { status: answers.shift()! }));
      };

      const options = { clock, delay: () => 100, maxRetries: 1, shouldRetry: () => true, budget };
      const { status } = await retry(options)(backSoon)(API);

      expect([status, clock.sleeps]).toEqual([200, [took, 100, after, 0, took]]);
    },
  );

  it('is held for seconds and not for hours where the machine has slept during its attempt', async () => {
    const clock = sleepyClock();
    const slow: Fetch = async () => {
      await clock.sleep(20);
      return new Response(null, { status: 503 });
    };
    const steady = retry({ clock, delay: () => 100, budget: refusing })(slow);
    await steady(API);
    clock.sleeps.length = 0;

    await clock.oversleep(() => steady(API));

    expect(Math.max(...clock.sleeps)).toBeLessThan(11_000);
  });

  it.each([
    ['the time', ({ elapsed }: { elapsed: number }) => elapsed < 1_000, Array(10).fill(100)],
    ['the attempts', ({ attempt }: { attempt: number }) => attempt < 3, [100, 100]],
  ])('is held no longer than a condition that looks at %s lets it be retried', async (_, shouldRetry, sleeps) => {
    const waits = async (budget: RetryBudget | false) => {
      const clock = instantClock();
      const steady = retry({ clock, delay: () => 100, maxRetries: 100, shouldRetry, budget });
      expect((await steady(down())(API)).status).toBe(503);
      return clock.sleeps;
    };

    expect(await waits(refusing)).toEqual(sleeps);
    expect(await waits(false)).toEqual(sleeps);
  });

  it.each<[string, () => boolean]>([
    ['says no', () => false],
    [
      'throws',
      () => {
        throw new Error('shouldRetry');
      },
    ],
  ])('is not sent after its last skipped retry where a condition %s while it is held', async (_, answer) => {
    const clock = manualClock();
    let asked = 0;
    const acquire = (_key: string, kind: string) =>
      kind === 'held' && asked++ > 0 ? { release: () => {} } : undefined;
    let answers = 0;
    const shouldRetry = () => answers++ === 0 || answer();
    let sent = 0;
    const slow: Fetch = async () => {
      sent++;
      await clock.sleep(1_000);
      return new Response(null, { status: 503 });
    };

    const ended = retry({ clock, delay: () => 100, shouldRetry, budget: { ...refusing, acquire } })(slow)(API);
    await clock.advance(10_000);

    expect((await ended).status).toBe(503);
    expect([answers, sent]).toEqual([2, 1]);
  });

  it.each([
    ['the time', ({ elapsed }: { elapsed: number }) => elapsed < 2_000],
    ['the attempts', ({ attempt }: { attempt: number }) => attempt < 2],
  ])(
    'takes as long as its skipped retries where a condition that looks at %s forbids another',
    async (_, shouldRetry) => {
      const clock = manualClock();
      const slow: Fetch = async () => {
        await clock.sleep(1_000);
        return new Response(null, { status: 503 });
      };
      const started = clock.now();
      const ended = retry({ clock, delay: () => 100, shouldRetry, budget: refusing })(slow)(API).then(() =>
        clock.now(),
      );
      await clock.advance(10_000);

      expect((await ended) - started).toBe(2_100);
    },
  );

  it('ends with its outcome where a condition throws while it is held', async () => {
    const shouldRetry = async ({ response }: { response?: Response }) => (await response!.text()) === '';
    const steady = retry({ clock: instantClock(), shouldRetry, budget: refusing });

    expect((await steady(async () => new Response('', { status: 503 }))(API)).status).toBe(503);
  });

  it('ends at once when a condition aborts it while it is held', async () => {
    const controller = new AbortController();
    const shouldRetry = ({ attempt }: { attempt: number }) => {
      if (attempt > 1) controller.abort('stop');
      return attempt < 2;
    };
    const steady = retry({ clock: instantClock(), delay: () => 0, shouldRetry, budget: refusing })(down());

    await expect(steady(API, { signal: controller.signal })).rejects.toBe('stop');
  });

  it('ends at once when it is aborted meanwhile', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const call = retry({ clock, delay: () => 1_000, budget: refusing })(down())(API, { signal: controller.signal });
    await clock.advance(10);

    controller.abort('stop');

    await expect(call).rejects.toBe('stop');
  });
});

/** An instant clock of a machine that can sleep for a night: then the date is eight hours later after the next sleep. */
function sleepyClock() {
  let now = 1_000_000;
  let late = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms + late;
      late = 0;
    },
    oversleep: <T>(run: () => Promise<T>) => {
      late = 8 * 3_600_000;
      return run();
    },
  };
}
