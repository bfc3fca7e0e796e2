import { networkError, seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { compose, concurrency, type Middleware, standard } from 'steadfetch';
import { expect, it } from 'vitest';

const ITEMS = 300;

// what the README of `concurrency` says of a job that makes all its calls at once
it('slots outside of standard() keep a job from running through a restart', async () => {
  const outside = await itemsDone((timing) => compose(concurrency(10, { maxQueue: Infinity }), standard(timing)));
  const inside = await itemsDone((timing) => standard({ ...timing, concurrency: 10 }));

  expect(outside).toBeGreaterThan(0.9 * ITEMS);
  expect(inside).toBeLessThan(outside);
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
