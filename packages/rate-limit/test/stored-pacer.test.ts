import { fakeFetch, manualClock } from '@steadfetch/testing';
import { expect, it } from 'vitest';
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

it('without the store a process begins with its share of the last pace', async () => {
  const clock = manualClock();
  const start = clock.now();
  const times: number[] = [];
  let isDown = false;
  let next = start;
  const store: LimitStore = {
    ...quiet,
    reserve: (_, want): LimitSlots => {
      if (isDown) throw new Error('down');
      const first = Math.max(next, clock.now());
      next = first + want * 100;
      return { first, every: 100, count: want, closedUntil: 0 };
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
  const ends = Promise.all(Array.from({ length: 150 }, () => limited(URL)));
  await clock.advance(3_000);
  isDown = true;
  await clock.advance(5_000);
  const during = times.filter((at) => at >= 3_000 && at < 8_000).length;
  expect(during).toBeGreaterThan(40);
  expect(during).toBeLessThan(75);
  await clock.advance(60_000);
  await ends;
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
