import { seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { bucket, type Fleet, fixedWindow, fleet, unevenly } from './support/fleet.ts';

const sumOf = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((a, b = 0) => a + b, 0);
const shareOf = ({ perSecond }: Fleet, from: number, to: number, rate: number) =>
  sumOf(perSecond.slice(from, to)) / (rate * (to - from));
const refusedOf = (group: Fleet) => group.refused / (group.refused + sumOf(group.accepted));
/** `check:limits` runs more seeds and kinds of hints. */
const IS_GATE = import.meta.env.MODE === 'limits';
const HINTS = ['retry-after', 'none', 'told'] as const;

describe('eight processes at 100 a second', () => {
  it.each(IS_GATE ? [3, 4, 8] : [3])(
    'use all of a reported limit, in equal shares, and are not refused (seed %i)',
    async (seed) => {
      const group = fleet(8, bucket(100, 20, 'told'), { seed });
      await group.run(40);
      expect(group.refused).toBe(0);
      expect(group.lost).toBe(0);
      expect(shareOf(group, 0, 40, 100)).toBeGreaterThan(0.95);
      expect(shareOf(group, 5, 40, 100)).toBeGreaterThan(0.98);
      expect(group.jain()).toBeGreaterThan(0.99);
      expect(group.place.questions / sumOf(group.accepted)).toBeLessThan(0.6);
    },
  );

  it.each(IS_GATE ? HINTS.slice(0, 2) : HINTS.slice(0, 1))(
    'measure an unreported limit together (%s)',
    async (hint) => {
      const group = fleet(8, bucket(100, 20, hint));
      await group.run(60);
      expect(group.lost).toBe(0);
      expect(refusedOf(group)).toBeLessThan(0.01);
      expect(shareOf(group, 5, 60, 100)).toBeGreaterThan(0.95);
      expect(group.jain()).toBeGreaterThan(0.99);
    },
  );

  it.each(IS_GATE ? HINTS.slice(0, 2) : HINTS.slice(1, 2))(
    'measure it even if answers overtake each other (%s)',
    async (hint) => {
      const group = fleet(8, bucket(100, 20, hint), { travel: unevenly, workers: 10 });
      await group.run(40);
      expect(group.lost).toBe(0);
      expect(refusedOf(group)).toBeLessThan(0.01);
      expect(shareOf(group, 6, 40, 100)).toBeGreaterThan(0.96);
      expect(group.jain()).toBeGreaterThan(0.99);
    },
  );

  it.runIf(IS_GATE)('use most of the rate even if timers and answers are late', async () => {
    const seeds = [3, 4, 5, 6];
    const late = (mean: number, random: () => number) => -mean * Math.log(1 - random());
    let share = 0;
    for (const seed of seeds) {
      const travel = (random: () => number) => unevenly(random) + late(8, random);
      const lag = (random: () => number) => late(6, random) + (random() < 0.02 ? 60 : 0);
      const group = fleet(8, bucket(100, 20, 'retry-after'), { seed, workers: 10, travel, lag });
      const random = seededRandom(seed);
      group.place.latency = () => late(4, random) + (random() < 0.02 ? 40 : 0);
      await group.run(60);
      expect(refusedOf(group)).toBeLessThan(0.015);
      share += shareOf(group, 0, 60, 100) / seeds.length;
    }
    expect(share).toBeGreaterThan(0.85);
  });

  it.each([
    [100, 20],
    [137, 41],
  ])('find a limit of %i a second and a burst of %i by being refused twice', async (perSecond, burst) => {
    const group = fleet(8, bucket(perSecond, burst, 'retry-after'), { workers: 10 });
    await group.run(20);
    expect(shareOf(group, 8, 20, perSecond)).toBeGreaterThan(0.93);
    expect(group.perSecond.slice(1).filter((count) => count < 0.1 * perSecond).length).toBeLessThanOrEqual(2);
  });

  it('that started at a small part of the limit reach it', async () => {
    const shares: number[] = [];
    for (const seed of IS_GATE ? [1, 2, 3, 4] : [1, 2]) {
      let answer = bucket(10, 5, 'retry-after');
      const group = fleet(8, (at) => answer(at), { seed });
      await group.run(15);
      answer = bucket(100, 20, 'retry-after');
      answer(15_000);
      await group.run(115);
      shares.push(shareOf(group, 115, 130, 100));
      expect(refusedOf(group)).toBeLessThan(0.02);
    }
    // one group finds the limit sooner than another, by chance
    expect(Math.min(...shares)).toBeGreaterThan(0.7);
    expect(sumOf(shares) / shares.length).toBeGreaterThan(0.85);
  });

  it('share each reported window', async () => {
    const group = fleet(8, fixedWindow(600, 60_000));
    await group.run(120);
    expect(refusedOf(group)).toBeLessThan(0.02);
    expect(shareOf(group, 60, 120, 10)).toBeGreaterThan(0.85);
  });

  it('with clocks that are an hour apart are one group', async () => {
    const group = fleet(4, bucket(100, 20, 'told'), { apart: 3_600_000 });
    await group.run(10);
    expect(group.refused).toBe(0);
    expect(shareOf(group, 5, 10, 100)).toBeGreaterThan(0.95);
  });

  it.each(IS_GATE ? HINTS : HINTS.slice(0, 1))(
    'use the share of two that are killed within two seconds (%s)',
    async (hint) => {
      const group = fleet(8, bucket(100, 20, hint));
      await group.run(12);
      group.killed.add(0).add(1);
      await group.run(10);
      expect(shareOf(group, 14, 22, 100)).toBeGreaterThan(0.95);
      expect(group.lost).toBe(0);
    },
  );

  it('halve their pace when the server does', async () => {
    let server = bucket(100, 20, 'retry-after');
    const group = fleet(8, (at) => server(at));
    await group.run(15);
    server = bucket(50, 20, 'retry-after');
    server(15_000);
    await group.run(35);
    expect(shareOf(group, 30, 50, 50)).toBeGreaterThan(0.7);
    expect(refusedOf(group)).toBeLessThan(0.05);
  });
});

describe('eight processes at a server without a limit', () => {
  it('that refuses one call in 100 by chance, and asks to wait, go on as fast as they can', async () => {
    const chance = seededRandom(9);
    const server = () => (chance() < 0.01 ? { ok: false, headers: { 'retry-after': '1' } } : { ok: true, headers: {} });
    const group = fleet(8, server, { pause: 30 });
    await group.run(20);
    expect(group.lost).toBe(0);
    expect(shareOf(group, 5, 20, 640)).toBeGreaterThan(0.4);
  });
});

it.each([3, 10])(
  'eight processes whose server accepts one call a second for %i s go on as before afterwards',
  async (dry) => {
    let next = 0;
    const server = (at: number) => {
      const isDry = at > 20_000 && at < 20_000 + dry * 1_000;
      if (isDry && at < next) return { ok: false, headers: { 'retry-after': '1' } };
      next = at + 1_000;
      return { ok: true, headers: {} };
    };
    const group = fleet(8, server, { pause: 1_000 });
    await group.run(75);
    expect(group.lost).toBe(0);
    expect(shareOf(group, 5, 20, 31)).toBeGreaterThan(0.95);
    expect(shareOf(group, 65, 75, 31)).toBeGreaterThan(0.9);
  },
);

describe('when the place that decides', () => {
  it.each(IS_GATE ? HINTS : HINTS.slice(0, 1))(
    'is away for five seconds and comes back empty (%s), little is lost',
    async (hint) => {
      const group = fleet(8, bucket(100, 20, hint));
      await group.run(20);
      group.place.isAway = true;
      await group.run(5);
      group.place.isAway = false;
      group.place.states.clear();
      const before = group.refused;
      await group.run(15);
      expect(group.lost).toBe(0);
      expect(refusedOf(group)).toBeLessThan(0.06);
      expect(shareOf(group, 20, 25, 100)).toBeGreaterThan(0.8);
      expect(shareOf(group, 20, 40, 100)).toBeGreaterThan(0.85);
      expect(shareOf(group, 30, 40, 100)).toBeGreaterThan(0.9);
      if (hint !== 'told') expect(group.refused - before).toBeLessThan(15);
      for (const n of [0, 7])
        expect(group.events.filter((event) => event.endsWith(` ${n}`))).toEqual([`down ${n}`, `up ${n}`]);
    },
  );

  it.each(IS_GATE ? HINTS : HINTS.slice(1, 2))(
    'is away for good (%s), all processes go on as without one',
    async (hint) => {
      const [end, seeds] = IS_GATE ? [80, [3, 4, 8]] : [50, [3]];
      let less = 0;
      for (const seed of seeds) {
        const without = fleet(8, bucket(100, 20, hint), { shared: false, seed });
        await without.run(end);
        const group = fleet(8, bucket(100, 20, hint), { seed });
        await group.run(20);
        group.place.isAway = true;
        await group.run(end - 20);
        expect(group.lost).toBe(0);
        expect(group.events.filter((event) => event === 'down 3')).toHaveLength(1);
        less += (shareOf(without, 20, end, 100) - shareOf(group, 20, end, 100)) / seeds.length;
      }
      expect(less).toBeLessThan(0.03);
    },
  );

  it('loses its data between two questions, nobody notices', async () => {
    const group = fleet(8, bucket(100, 20, 'told'));
    await group.run(10);
    group.place.states.clear();
    await group.run(10);
    expect(refusedOf(group)).toBeLessThan(0.01);
    expect(shareOf(group, 12, 20, 100)).toBeGreaterThan(0.9);
    expect(group.events).toEqual([]);
  });
});

describe('fifty processes at 80 a minute', () => {
  it('are not refused if the limit is reported', async () => {
    const group = fleet(50, bucket(80 / 60, 100, 'told'), { pause: 100 });
    await group.run(300);
    expect(group.refused).toBe(0);
    expect(shareOf(group, 0, 300, 80 / 60)).toBeGreaterThan(0.95);
    expect(group.jain()).toBeGreaterThan(0.95);
  });

  it('use most of an unreported limit, in equal shares', async () => {
    const group = fleet(50, bucket(80 / 60, 100, 'retry-after'), { pause: 100 });
    await group.run(600);
    expect(group.lost).toBe(0);
    expect(refusedOf(group)).toBeLessThan(0.035);
    expect(shareOf(group, 0, 600, 80 / 60)).toBeGreaterThan(0.95);
    expect(group.jain()).toBeGreaterThan(0.95);
  });
});

it.each([
  [4, 4],
  [4, 5],
  [8, 5],
])(
  '%i processes use a reported bucket of 10 a second that holds %i, even if their slots lie far ahead',
  async (processes, holds) => {
    const group = fleet(processes, bucket(10, holds, 'told'));
    await group.run(60);
    expect(shareOf(group, 20, 60, 10)).toBeGreaterThan(0.88);
    expect(group.refused).toBeLessThan(6);
  },
);

it('eight processes that start at a limit that is used up find it', async () => {
  const server = bucket(10, 20, 'retry-after');
  for (let n = 0; n < 20; n++) server(0);
  const group = fleet(8, server, { pause: 50 });
  await group.run(40);
  expect(group.lost).toBe(0);
  expect(group.refused).toBeLessThan(40);
  expect(shareOf(group, 5, 40, 10)).toBeGreaterThan(0.9);
});

it('a limit whose stored state has no pace finds one', async () => {
  const group = fleet(8, bucket(10, 20, 'retry-after'), { pause: 50 });
  await group.run(20);
  for (const state of group.place.states.values()) state.base = 0;
  const before = group.refused;
  await group.run(60);
  expect(group.refused - before).toBeLessThan(40);
  expect(shareOf(group, 30, 80, 10)).toBeGreaterThan(0.9);
});

it('eight processes at a limit without a burst are not refused after they have found it', async () => {
  const group = fleet(8, bucket(5, 1, 'retry-after'), { pause: 100, workers: 2, seed: 1 });
  await group.run(60);
  const before = group.refused;
  await group.run(300);
  expect(group.refused - before).toBeLessThan(6);
  expect(shareOf(group, 60, 360, 5)).toBeGreaterThan(0.9);
});

it('two processes at 60 a minute are refused less and less', async () => {
  const group = fleet(2, bucket(1, 10, 'retry-after'), { pause: 100, workers: 2 });
  await group.run(300);
  const before = group.refused;
  await group.run(1_200);
  expect(group.refused - before).toBeLessThan(10);
  expect(shareOf(group, 300, 1_500, 1)).toBeGreaterThan(0.98);
});

it('fifty processes at an unreported limit are not each refused at the start', async () => {
  const group = fleet(50, bucket(80 / 60, 100, 'none'), { pause: 100 });
  await group.run(60);
  expect(group.lost).toBe(0);
  expect(group.refused).toBeLessThan(25);
});

it('eight processes whose first answers come late send few calls beyond the limit', async () => {
  let calls = 0;
  const travel = (random: () => number) => (calls++ < 300 ? 20 + 120 * random() : 1 + random());
  const group = fleet(8, bucket(100, 20, 'retry-after'), { workers: 10, travel });
  await group.run(40);
  expect(refusedOf(group)).toBeLessThan(0.02);
  expect(shareOf(group, 0, 40, 100)).toBeGreaterThan(0.7);
});

it('a limit of few calls a minute is not sent many at once after a pause', async () => {
  const group = fleet(50, bucket(80 / 60, 100, 'retry-after'), { travel: unevenly, workers: 2 });
  await group.run(120);
  expect(group.refused).toBeLessThan(30);
});

it.each([
  ['retry-after', 5],
  ['none', 4],
] as const)('two processes far below a limit (%s) are held back little after they met it', async (hint, seed) => {
  const travel = (random: () => number) => 5 + 60 * random();
  const group = fleet(2, bucket(20, 1, hint), { workers: 3, pause: 1_500, seed, travel });
  await group.run(120);
  expect(group.refused).toBeGreaterThan(4);
  expect(shareOf(group, 0, 120, 6 / 1.57)).toBeGreaterThan(0.9);
});

it('without a limit nobody is held back for longer than the first second', async () => {
  const group = fleet(2, () => ({ ok: true, headers: {} }));
  await group.run(3);
  expect(group.perSecond[2]).toBeGreaterThan(370);
});

it('a quota that only refusals report is a mere wait', async () => {
  const limit = bucket(20, 5, 'retry-after');
  const group = fleet(4, (at) => {
    const { ok, headers } = limit(at);
    return { ok, headers: ok ? {} : { ...headers, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } };
  });
  await group.run(30);
  expect(group.accepted.reduce((a, b) => a + b)).toBeGreaterThan(0.6 * 20 * 30);
});
