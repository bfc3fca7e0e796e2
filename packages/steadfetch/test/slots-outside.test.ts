import { networkError, seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { compose, concurrency, type Middleware, retry, standard, timeout } from 'steadfetch';
import { expect, it } from 'vitest';

const ITEMS = 300;

// the README of `concurrency` describes such a job, which makes all its calls at once
it('with slots outside of standard(), a call keeps its slot until it ends, so that a restart does not fail the whole job', async () => {
  const whole = await itemsDone((timing) => standard({ ...timing, concurrency: 10 }));
  const perAttempt = await itemsDone(({ clock, random }) =>
    compose(timeout(30_000, { clock }), retry({ clock, random }), concurrency(10), timeout(10_000, { clock })),
  );

  expect(whole).toBeGreaterThan(0.9 * ITEMS);
  expect(perAttempt).toBeLessThan(0.5 * ITEMS);
});

it('a call that waits for its retry in standard() keeps its slot, and frees it when its time is over', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const stack = standard({ clock: time, random: () => 0.5, concurrency: 1, timeout: 3_000 });
  const steady = stack(async () => new Response(null, { status: 503, headers: { 'retry-after': '2' } }));
  const first = steady('https://api.test/items/1');
  const second = steady('https://api.test/items/2').catch((error: unknown) => error);

  await time.run(1_000);
  expect(stack.snapshot().concurrency).toEqual({ active: 1, queued: 1 });

  await time.run(10_000);
  expect((await first).status).toBe(503);
  expect(await second).toMatchObject({ status: 503 });
  expect(stack.snapshot().concurrency).toEqual({ active: 0, queued: 0 });
});

it.each([
  [{ concurrency: 10 }, 1_010],
  [{ concurrency: 10, rateLimit: true }, 1_500],
  [{ concurrency: { max: 10, ...({ maxQueue: undefined } as object) }, rateLimit: true }, 1_500],
  [{ concurrency: { max: 10, maxQueue: 5 } }, 15],
] as const)(
  'a call of standard(%o) is refused beyond %i that have a slot or wait for one',
  async (options, accepted) => {
    const time = new VirtualTime(Date.UTC(2025, 0, 1));
    const steady = standard({ clock: time, random: () => 0.5, ...options })(async () => {
      await time.sleep(10);
      return new Response();
    });

    const calls = Promise.allSettled(Array.from({ length: 1_500 }, () => steady('https://api.test/items')));
    await time.run(20_000);

    expect((await calls).filter(({ status }) => status === 'fulfilled')).toHaveLength(accepted);
  },
);

it('no more calls are in flight than there are common slots, also if calls that wait for a slot of their server lend theirs', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  let [underWay, most] = [0, 0];
  const steady = compose(
    timeout(60_000, { clock: time }),
    concurrency(3, { key: () => 'all' }),
    concurrency(1),
  )(async () => {
    most = Math.max(most, ++underWay);
    await time.sleep(100);
    underWay--;
    return new Response();
  });

  const calls = Array.from({ length: 24 }, (_, n) => steady(`https://${'aaabcd'[n % 6]}.test/`));
  await time.run(5_000);

  expect(await Promise.all(calls)).toHaveLength(24);
  expect(most).toBe(3);
});

type Timing = { readonly clock: VirtualTime; readonly random: () => number };

async function itemsDone(make: (timing: Timing) => Middleware): Promise<number> {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const steady = make({ clock: time, random: seededRandom(3) })(async () => {
    if (time.elapsed >= 1_000 && time.elapsed < 4_000) throw networkError('ECONNREFUSED');
    await time.sleep(100);
    return new Response();
  });
  let done = 0;
  const call = async (item: number) => {
    const response = await steady(`https://api.test/items/${item}`).catch(() => undefined);
    if (response) done++;
  };
  for (let item = 0; item < ITEMS; item++) time.at(0, () => void call(item));
  await time.run(120_000);
  return done;
}
