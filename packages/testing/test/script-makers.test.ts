import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  burstyFailures,
  countByKey,
  failRate,
  fakeFetch,
  instantClock,
  outage,
  phases,
  type Script,
  seededRandom,
  slow,
} from '../src/index.ts';

const URL = 'http://api.test/';

/** The statuses of `calls` calls, `every` milliseconds apart. */
async function play(script: Script, calls: number, every = 0): Promise<number[]> {
  const clock = instantClock();
  const fetch = fakeFetch(script, { clock });
  const statuses: number[] = [];
  for (let i = 0; i < calls; i++) {
    statuses.push((await fetch(URL)).status);
    clock.advance(every);
  }
  return statuses;
}

const share = (statuses: number[], status: number) => statuses.filter((s) => s === status).length / statuses.length;

describe('failRate', () => {
  it('fails its share of the calls', async () => {
    expect(share(await play(failRate(0.3, 42), 2_000), 503)).toBeCloseTo(0.3, 1);
    expect(await play(failRate(0), 3)).toEqual([200, 200, 200]);
    expect(await play(failRate(1), 3)).toEqual([503, 503, 503]);
  });

  it('is the same for the same seed, and another for another', async () => {
    const runs = await Promise.all([7, 7, 8].map((seed) => play(failRate(0.5, seed), 50)));

    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
    expect(await play(failRate(0.5, seededRandom(7)), 50)).toEqual(runs[0]);
  });

  it('fails with the reply of its option, and has the rest answered by another script', async () => {
    expect(await play(failRate(0.5, { chance: alternating(), reply: 429 }, [201, 202]), 4)).toEqual([
      429, 201, 429, 202,
    ]);
  });

  it('refuses what is no share, no seed, no reply', () => {
    expect(() => failRate(1.1)).toThrow('failRate: share: expected a number from 0 to 1, got 1.1');
    expect(() => failRate(Number.NaN)).toThrow(RangeError);
    expect(() => failRate('1' as never)).toThrow(TypeError);
    expect(() => failRate(0.5, Number.NaN)).toThrow('failRate: chance: expected a number');
    expect(() => failRate(0.5, { chance: Number.NaN })).toThrow('failRate: chance: expected a number');
    expect(() => failRate(0.5, 'x' as never)).toThrow('failRate: chance: expected a function');
    expect(() => failRate(0.5, null as never)).toThrow('failRate: expected an options object, got null');
    expect(() => failRate(0.5, { reply: 42 })).toThrow('reply: status');
    expect(() => failRate(0.5, { seed: 1 } as never)).toThrow("failRate: unknown option 'seed'");
  });
});

describe('burstyFailures', () => {
  it('fails in bursts of the length it is given', async () => {
    const statuses = await play(burstyFailures({ toBad: 0.05, toGood: 0.2, chance: 3 }), 5_000);
    const bursts = statuses.join(' ').match(/503(?: 503)*/g)!;

    expect(share(statuses, 503)).toBeCloseTo(0.2, 1);
    expect(share(statuses, 503) * 5_000).toBeGreaterThan(4 * bursts.length);
    expect(statuses[0]).toBe(200);
  });

  it('can fail in good times and succeed in bad ones', async () => {
    expect(await play(burstyFailures({ toBad: 0, failGood: 1, reply: 500 }), 2)).toEqual([500, 500]);
    expect(await play(burstyFailures({ toBad: 1, toGood: 0, failBad: 0 }, 204), 2)).toEqual([204, 204]);
  });

  it('refuses what is no share', () => {
    expect(() => burstyFailures({ toGood: 2 })).toThrow('burstyFailures: toGood');
    expect(() => burstyFailures({ p: 2 } as never)).toThrow("burstyFailures: unknown option 'p'");
  });
});

describe('outage', () => {
  it('fails from one instant to the other, and has another script answer outside', async () => {
    const script = outage({ from: 1_000, to: 3_000 }, [201, 202]);

    expect(await play(script, 5, 1_000)).toEqual([201, 503, 503, 202, 202]);
  });

  it('can have its own clock and reply, and never end', async () => {
    const clock = instantClock();
    const fetch = fakeFetch(outage({ from: 10, to: Number.POSITIVE_INFINITY, reply: 'network-error', clock }));

    expect((await fetch(URL)).status).toBe(200);
    clock.advance(10);
    await expect(fetch(URL)).rejects.toThrow('fetch failed');
  });

  it('stands over other scripts', async () => {
    expect(await play(outage({ from: 0, to: 2 }, failRate(1, { reply: 500 })), 3, 1)).toEqual([503, 503, 500]);
  });

  it('refuses an end before its beginning', () => {
    expect(() => outage({ from: 5, to: 4 })).toThrow('outage: to: expected a number >= 5, got 4');
    expect(() => outage({ from: -1, to: 4 })).toThrow('outage: from');
    expect(() => outage({ from: 1, to: 4, clock: null as never })).toThrow('outage: clock.now: expected a function');
    expect(() => outage({ from: 1, to: 4, until: 3 } as never)).toThrow("outage: unknown option 'until'");
  });
});

describe('slow', () => {
  it('adds to the delay of each reply', async () => {
    const clock = instantClock();
    const fetch = fakeFetch(slow(50, [{ delay: 5 }, 'network-error']), { clock });

    await fetch(URL);
    await expect(fetch(URL)).rejects.toThrow('fetch failed');

    expect(clock.sleeps).toEqual([55, 50]);
  });

  it('takes a delay per call', async () => {
    const clock = instantClock();
    const fetch = fakeFetch(
      slow((_, index) => index * 10),
      { clock },
    );
    for (let i = 0; i < 3; i++) await fetch(URL);

    expect(clock.sleeps).toEqual([10, 20]);
    expect(() => slow(-1)).toThrow('slow: ms');
  });
});

describe('phases', () => {
  it('plays one script after the other', async () => {
    expect(
      await play(
        phases([
          [0, 200],
          [2_000, [429, 503]],
          [4_000, 201],
        ]),
        5,
        1_000,
      ),
    ).toEqual([200, 200, 429, 503, 201]);
  });

  it('begins with the first, and refuses a list out of order', async () => {
    expect(await play(phases([[500, 202]]), 1)).toEqual([202]);
    expect(() => phases([])).toThrow(RangeError);
    expect(() =>
      phases([
        [5, 200],
        [4, 200],
      ]),
    ).toThrow('phases: from: expected a number >= 5, got 4');
  });

  it.each<[unknown, string]>([
    [undefined, 'phases: expected an array of [from, script], got undefined'],
    ['x', 'phases: expected an array of [from, script], got "x"'],
    [[5], 'phases: expected [from, script], got 5'],
  ])('refuses what is no list of phases: %j', (list, message) => {
    expect(() => phases(list as never)).toThrow(new TypeError(message));
  });
});

describe('countByKey', () => {
  it('counts requests by their key', async () => {
    const fetch = fakeFetch(200);
    for (const key of ['a', 'b', 'a']) await fetch(URL, { headers: { 'Idempotency-Key': key } });
    await fetch(URL);

    expect([...countByKey(fetch.requests)]).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(countByKey(fetch.requests, 'x-key').size).toBe(0);
  });
});

describe('seededRandom', () => {
  it('refuses a seed that is no number', () => {
    expect(() => seededRandom('x' as never)).toThrow(TypeError);
    expect(() => seededRandom(Number.NaN)).toThrow('seededRandom: seed: expected a number');
    expect(() => seededRandom(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });

  it('takes any number for a seed of its own', () => {
    const seeds = [0, 1, -1, 0.1, 0.5, 0.9, -0.5, 1.5, 2 ** 31, 2 ** 32, 2 ** 33, 2 ** 32 + 1, 1e300, Number.MIN_VALUE];

    expect(new Set(seeds.map((seed) => seededRandom(seed)())).size).toBe(seeds.length);
    expect(seededRandom(-0)()).toBe(seededRandom(0)());
    expect(() => failRate(0.5, Number.POSITIVE_INFINITY)).toThrow('failRate: chance: expected a number');
  });

  it('returns numbers from 0 to 1 that depend on nothing but the seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [a, b] = [seededRandom(seed), seededRandom(seed)];
        for (let i = 0; i < 20; i++) {
          const value = a();
          expect(value).toBe(b());
          expect(value >= 0 && value < 1).toBe(true);
        }
      }),
    );
  });
});

function alternating(): () => number {
  let turn = 0;
  return () => (turn++ % 2 === 0 ? 0.1 : 0.9);
}
