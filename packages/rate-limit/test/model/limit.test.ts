import { describe, expect, it } from 'vitest';
import { Limit, type PastCooldown } from '../../src/model/limit.ts';
import { Stretch } from '../../src/model/stretch.ts';
import { chance } from './drive.ts';

/** A stretch that accepts `accepted` requests within `length` ms, and then refuses one. */
function stretch(from: number, length: number, accepted: number): Stretch {
  const made = new Stretch();
  made.send(from);
  for (let n = 1; n <= accepted; n++) made.accept(from + (length * n) / accepted, from, 1);
  made.refuse(from + length, { at: from, inFlight: 1, ahead: false });
  return made;
}

const cooldown: PastCooldown = { pace: 0.05, rising: false, lasted: 1_000 };

/** A limit that others share: a request was refused at the held pace. */
function shared(): Limit {
  const limit = new Limit(chance());
  limit.learn(stretch(0, 100, 20), { ...cooldown, pace: Infinity }, 1_100);
  limit.learn(stretch(1_100, 2_000, 40), cooldown, 4_100);
  limit.learn(stretch(4_100, 2_000, 2), { ...cooldown, pace: 0.02 }, 7_100);
  return limit;
}

describe('Limit', () => {
  it('searches after the first refusal, from the square root of the burst', () => {
    const limit = new Limit(chance());
    limit.learn(stretch(0, 100, 20), { ...cooldown, pace: Infinity }, 1_100);
    expect(limit.pace.mode).toBe('search');
    expect(limit.pace.rate(1_100)).toBeCloseTo((4 * Math.sqrt(20)) / 1_100);
    expect(limit.burst).toBe(20);
  });

  it('holds the accepted pace if no bucket explains the second refusal', () => {
    const limit = new Limit(chance());
    limit.learn(stretch(0, 100, 20), { ...cooldown, pace: Infinity }, 1_100);
    limit.learn(stretch(1_100, 2_000, 1), { ...cooldown, pace: 0.02 }, 4_100);
    expect(limit.pace.mode).toBe('hold');
  });

  it('tries for more when half of the error has cost as much as a refusal', () => {
    const limit = new Limit(chance());
    limit.learn(stretch(0, 100, 20), { ...cooldown, pace: Infinity }, 1_100);
    limit.learn(stretch(1_100, 2_000, 200), { ...cooldown, pace: 0.2 }, 4_100);
    const doubt = 0.3; // no bucket explains the pace
    const cost = cooldown.lasted;
    expect(limit.pace.period).toBeGreaterThan((0.8 * cost) / (doubt / 2));
    expect(limit.pace.period).toBeLessThan((1.2 * cost) / (doubt / 2));
  });

  it('gives up three tenths when others share the limit, and climbs back in a fixed time', () => {
    const limit = shared();
    expect(limit.pace).toMatchObject({ mode: 'climb', base: expect.closeTo(0.014), ceiling: 0.02 });
  });

  it('raises the pace to what was accepted ahead of it', () => {
    const limit = shared();
    limit.outpaced(stretch(10_000, 20_000, 2_000), 30_000);
    expect(limit.pace.rate(30_000)).toBeCloseTo(0.1);
    limit.outpaced(stretch(30_000, 20_000, 20), 50_000);
    expect(limit.pace.rate(50_000)).toBeGreaterThanOrEqual(0.1);
  });

  it('searches no faster than the refill can be, if nothing was accepted', () => {
    const limit = new Limit(chance());
    limit.learn(stretch(0, 100, 20), { ...cooldown, pace: Infinity }, 1_100);
    limit.learn(stretch(1_100, 10, 0), cooldown, 10_100);
    expect(limit.pace).toMatchObject({ mode: 'search', base: 2 / 10_000 });
  });

  it('wins back a failed search in two steps, by answers of different round trips', () => {
    const limit = new Limit(chance());
    limit.learn(stretch(0, 100, 20), { ...cooldown, pace: Infinity }, 1_100);
    const before = limit.pace.base;
    limit.learn(stretch(1_100, 10, 0), cooldown, 10_100);
    const once = limit.pace.base;
    limit.learn(stretch(10_100, 10, 0), cooldown, 20_100);
    limit.accept(21_000, 100);
    expect(limit.pace.base).toBe(once);
    limit.accept(21_010, 100); // sent before the first answer came
    expect(limit.pace.base).toBe(once);
    limit.accept(21_200, 100);
    expect(limit.pace.base).toBe(before);
  });

  it('wins back nothing after a single cooldown without an acceptance', () => {
    const limit = new Limit(chance());
    limit.learn(stretch(0, 100, 20), { ...cooldown, pace: Infinity }, 1_100);
    limit.learn(stretch(1_100, 10, 0), cooldown, 10_100);
    const { base } = limit.pace;
    limit.accept(11_000, 100);
    expect(limit.pace.base).toBe(base);
  });

  it('does not resume if too little traffic was accepted to measure its pace', () => {
    const limit = new Limit(chance());
    limit.accept(0, 100);
    expect(limit.resume(10_000)).toBe(false);
  });

  it('gives up the same part again when others share the limit and nothing was accepted', () => {
    const limit = shared();
    limit.learn(stretch(10_000, 10, 0), { ...cooldown, pace: 0.02 }, 16_100);
    expect(limit.pace).toMatchObject({ mode: 'climb', base: expect.closeTo(0.014), ceiling: 0.02 });
  });

  it('wins back the pace of before the first of many refusals without an acceptance in between', () => {
    const limit = shared();
    for (let at = 10_000; at < 70_000; at += 1_000)
      limit.learn(stretch(at, 10, 0), { ...cooldown, pace: limit.pace.rate(at) }, at + 1_000);
    expect(limit.pace.rate(70_000)).toBeLessThan(0.005);
    expect(limit.pace.rate(96_000)).toBeGreaterThanOrEqual(0.02);
  });

  it('wins back one step at a time if few requests were due: others may have used up the limit', () => {
    const limit = shared();
    limit.learn(stretch(10_000, 10, 1), { ...cooldown, pace: 0.0004 }, 16_100);
    limit.learn(stretch(16_100, 10, 0), { ...cooldown, pace: 0.0003 }, 17_100);
    expect(limit.pace.ceiling).toBe(0.0003);
  });

  it.each([
    { what: 'the time of one request', pace: 1 / 30_000, least: 21_000, most: 39_000 },
    { what: 'twenty seconds', pace: 1 / 15_000, least: 14_000, most: 26_000 },
    { what: 'no longer than others who share', pace: 1, least: 14_000, most: 26_000 },
  ])('climbs for $what at a pace of $pace', ({ pace, least, most }) => {
    const limit = shared();
    limit.learn(stretch(10_000, 10, 1), { ...cooldown, pace }, 16_100);
    expect(limit.pace.period).toBeGreaterThanOrEqual(least);
    expect(limit.pace.period).toBeLessThanOrEqual(most);
  });

  it('takes the pace of accepted single calls as its share when others have used up the limit', () => {
    const limit = new Limit(chance());
    for (const at of [0, 30_000, 60_000]) limit.accept(at, 10);
    limit.learn(stretch(90_000, 10, 1), { ...cooldown, pace: Infinity }, 100_000);
    expect(limit.pace).toMatchObject({ mode: 'climb', ceiling: 3 / 100_000 });
    expect(limit.pace.delay(100_000)).toBe(1_000);
  });

  it.each([
    { what: 'a burst', times: [0, 30_000], accepted: 4, from: 60_000 },
    { what: 'a first call', times: [59_000], accepted: 1, from: 60_000 },
    { what: 'a long silence', times: [0, 30_000], accepted: 1, from: 200_000 },
  ])('searches when refused after $what', ({ times, accepted, from }) => {
    const limit = new Limit(chance());
    for (const at of times) limit.accept(at, 10);
    limit.learn(stretch(from, 10, accepted), { ...cooldown, pace: Infinity }, from + 1_000);
    expect(limit.pace.mode).toBe('search');
  });

  it('keeps a shared pace when requests sent after the refused one were accepted', () => {
    const limit = shared();
    const made = stretch(10_000, 1_000, 20);
    for (let n = 0; n < 4; n++) made.accept(11_010, 10_500, 5);
    limit.learn(made, { ...cooldown, pace: 0.03 }, 12_100);
    expect(limit.pace.ceiling).toBe(0.02);
  });

  it('keeps a shared pace when only requests ahead of it were refused', () => {
    const limit = shared();
    const made = new Stretch(10_000);
    made.accept(10_100, 10_000, 1);
    made.refuse(10_200, { at: 10_100, inFlight: 1, ahead: true });
    limit.learn(made, { ...cooldown, pace: 0.018 }, 11_200);
    expect(limit.pace.ceiling).toBe(0.02);
  });

  it.each([
    { rising: false, mode: 'hold' },
    { rising: true, mode: 'climb' },
  ])(
    'goes on holding when contradicted by what was sent later, unless its pace had risen: $rising',
    ({ rising, mode }) => {
      const limit = shared();
      limit.pace.hold(0.02, 1, 1_000, 0.1, 7_100);
      const made = stretch(10_000, 1_000, 20);
      for (let n = 0; n < 4; n++) made.accept(11_010, 10_500, 5);
      limit.learn(made, { ...cooldown, pace: 0.02, rising }, 12_100);
      expect(limit.pace.mode).toBe(mode);
    },
  );

  it('shares when it is refused while its pace rises and no bucket explains it', () => {
    const limit = shared();
    limit.pace.hold(0.02, 1, 1_000, 0.1, 7_100);
    limit.learn(stretch(7_100, 10, 1), { ...cooldown, pace: 0.022, rising: true }, 9_100);
    expect(limit.pace).toMatchObject({ mode: 'climb', ceiling: 0.022 });
  });

  it('searches from the sent pace when refusals do not depend on it', () => {
    const limit = shared();
    limit.ignore(0.05, 9_000);
    expect(limit.pace.mode).toBe('search');
    expect(limit.pace.base).toBe(0.05);
    expect(limit.history.entries).toEqual([]);
  });

  it('holds the pace up to which only the usual share was refused', () => {
    const limit = shared();
    limit.ignore(0.05, 9_000);
    limit.learn(stretch(9_000, 1_000, 60), { ...cooldown, pace: 0.2, usualPace: 0.15 }, 11_000);
    expect(limit.pace).toMatchObject({ mode: 'hold', ceiling: 0.15 });
  });
});
