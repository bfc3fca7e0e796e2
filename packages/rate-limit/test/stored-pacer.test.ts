import { fakeFetch, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type LimitSlots, type LimitStore, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const quiet = { refuse: () => {}, settle: () => {} };

it('a slot that is due long after it was reserved is asked for again, and dropped where the limit was closed since', async () => {
  const clock = manualClock();
  const start = clock.now();
  const asked: number[] = [];
  const times: number[] = [];
  let closedUntil = 0;
  const store: LimitStore = {
    ...quiet,
    reserve: (_, want) => {
      asked.push(want);
      const first = Math.max(clock.now() + 1_000, closedUntil);
      return { first, every: 100, count: want, closedUntil };
    },
  };
  const limited = rateLimit({ clock, store })(
    fakeFetch(
      () => {
        times.push(clock.now() - start);
        return 200;
      },
      { clock },
    ),
  );
  const end = limited(URL);
  await clock.advance(500);
  closedUntil = start + 5_000;
  await clock.advance(10_000);
  await end;
  expect(asked.slice(0, 3)).toEqual([1, 0, 1]);
  expect(times[0]).toBeGreaterThanOrEqual(5_000);
});

/** A process with work to do, and a store that reserves a slot each 100 ms while it is not down. */
function busy(calls: number) {
  const clock = manualClock();
  const start = clock.now();
  const world = { clock, isDown: false, asked: [] as number[], sent: [] as number[] };
  let next = start;
  const store: LimitStore = {
    ...quiet,
    reserve: (_, want): LimitSlots => {
      world.asked.push(clock.now() - start);
      if (world.isDown) throw new Error('down');
      const first = Math.max(next, clock.now());
      next = first + want * 100;
      return { first, every: 100, count: want, closedUntil: 0 };
    },
  };
  const send = fakeFetch(
    () => {
      world.sent.push(clock.now() - start);
      return 200;
    },
    { clock },
  );
  const limited = rateLimit({ clock, store })(send);
  return { ...world, world, limited, ends: Promise.all(Array.from({ length: calls }, () => limited(URL))) };
}

it('keeps its pace until a store that failed is asked again, then decides by itself', async () => {
  const { clock, world, sent, ends } = busy(150);
  await clock.advance(3_000);
  world.isDown = true;
  await clock.advance(2_000);
  await ends;

  const during = sent.filter((at) => at >= 3_100 && at < 4_000).length;
  expect(during).toBeGreaterThan(5);
  expect(during).toBeLessThan(15);
  expect(sent).toHaveLength(150);
});

describe('a store that failed', () => {
  const keepsCalling = async ({ clock, limited }: ReturnType<typeof busy>, seconds: number) => {
    for (let n = 0; n < 2 * seconds; n++) {
      const end = limited(URL);
      await clock.advance(500);
      await end;
    }
  };

  it('is asked again after a second, then after twice as long each time, up to a minute', async () => {
    const process = busy(0);
    process.world.isDown = true;
    await keepsCalling(process, 240);
    expect(process.asked).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183].map((second) => second * 1_000));
  });

  it('is not trusted again before it was good for a minute', async () => {
    const process = busy(1);
    const pauses: number[] = [];
    for (const good of [1, 1, 1, 61]) {
      await keepsCalling(process, good);
      process.world.isDown = true;
      await keepsCalling(process, 1);
      process.world.isDown = false;
      const before = process.asked.length;
      const failedAt = process.asked.at(-1)!;
      while (process.asked.length === before) await keepsCalling(process, 1);
      pauses.push(process.asked[before]! - failedAt);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 1_000]);
  });
});

it('tells the store what a call costs', async () => {
  const clock = manualClock();
  const costs: (number | undefined)[] = [];
  const store: LimitStore = {
    ...quiet,
    reserve: (_, want, cost) => {
      costs.push(cost);
      return { first: clock.now(), every: 0, count: want, closedUntil: 0 };
    },
  };
  await rateLimit({ clock, store, cost: () => 40 })(fakeFetch(200, { clock }))(URL);
  expect(costs).toEqual([40]);
});
