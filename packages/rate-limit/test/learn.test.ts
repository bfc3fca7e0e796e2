import { describe, expect, it } from 'vitest';
import type { Belief } from '../src/belief.ts';
import { Epoch } from '../src/epoch.ts';
import { learn } from '../src/learn.ts';

/** An epoch in which so many were accepted within `ms`, evenly or ever `faster`, before one was refused. */
function epochOf(accepted: number, ms: number, start = 1_000, faster = 1): Epoch {
  const epoch = new Epoch();
  for (let index = 0; index < accepted; index++) {
    const at = start + ms * (index / Math.max(1, accepted - 1)) ** (1 / faster);
    epoch.send(at);
    epoch.accept({ at, index, epoch: 1, flight: 1 });
  }
  epoch.send(start + ms);
  epoch.refuse({ at: start + ms, index: accepted, epoch: 1, flight: 2 });
  return epoch;
}

const known: Belief = {
  rate: 0.1,
  burst: 20,
  bursty: true,
  measured: true,
  contended: false,
  corrected: false,
  least: 0.06,
  windowed: false,
  growth: 0.5,
  patience: 24_000,
  first: epochOf(20, 1),
  emptiedAt: 0,
  closure: 1_000,
};

const ending = (belief: Belief | undefined, stance = { rate: belief?.rate ?? 0, probing: false }) => ({
  belief,
  stance,
  closure: 1_000,
  rtt: 1,
});

describe('learn', () => {
  it('takes a first burst for the size of the bucket, and starts low', () => {
    const belief = learn(epochOf(20, 3), ending(undefined));

    expect(belief).toMatchObject({ burst: 20, measured: false, bursty: true, patience: 0 });
    expect(belief.rate).toBeCloseTo(4 * Math.sqrt(20) * 1e-3, 3);
  });

  it('measures the rate by what was accepted beyond a burst', () => {
    const first = learn(epochOf(20, 3), ending(undefined));

    const belief = learn(epochOf(80, 600, 2_010), ending(first));

    expect(belief).toMatchObject({ burst: 20, measured: true, rate: 0.1 });
  });

  it('takes a few requests beyond a burst for no measurement, unless they confirm, and looks for more with care', () => {
    const first = learn(epochOf(5, 3), ending(undefined));

    const doubtful = learn(epochOf(8, 500, 2_010), ending(first));
    const confirming = learn(epochOf(8, 500, 2_010), ending({ ...first, rate: 0.006 }));

    expect(doubtful).toMatchObject({ measured: false, growth: 0.1, patience: 1_000 });
    expect(confirming).toMatchObject({ measured: true, rate: 0.006 });
  });

  it('takes the same number, however long it took, for a window', () => {
    const first = learn(epochOf(100, 3), ending(undefined));

    const belief = learn(epochOf(100, 300, 2_010), ending(first));

    expect(belief).toMatchObject({ windowed: true, measured: true, burst: 100, rate: 0.1 });
  });

  it('believes in a window while its number comes again, and starts over when less does', () => {
    const windowed = { ...known, windowed: true };

    expect(learn(epochOf(20, 700), ending(windowed))).toMatchObject({ windowed: true, burst: 20 });
    expect(learn(epochOf(18, 700), ending(windowed))).toMatchObject({ windowed: false, measured: false, burst: 18 });
  });

  it('measures by all of an epoch when the first burst was what others had left', () => {
    const first = learn(epochOf(3, 1), ending(undefined));

    const fast = learn(epochOf(43, 500, 2_010, 3), ending(first));
    const slow = learn(epochOf(43, 5_000, 2_010, 3), ending(first));

    expect(fast).toMatchObject({ contended: true, measured: true });
    expect(fast.rate).toBeCloseTo(0.08, 2);
    expect(slow.contended).toBe(false);
    expect(slow.rate).toBeGreaterThan(0.012);
  });

  it('measures by all of an epoch when others had used up the first burst', () => {
    const first = learn(epochOf(0, 1), ending(undefined));

    const belief = learn(epochOf(25, 500, 2_010, 3), ending(first));

    expect(belief).toMatchObject({ burst: 1, measured: true });
    expect(belief.rate).toBeCloseTo(0.048, 2);
  });

  it('starts over when the second burst was shorter than the first', () => {
    const first = learn(epochOf(40, 200), ending(undefined));

    const belief = learn(epochOf(20, 10, 2_210), ending(first));

    expect(belief).toMatchObject({ burst: 20, measured: false });
    expect(belief.first.accepted).toBe(20);
  });

  it('keeps the pace when a try for more is refused', () => {
    const belief = learn(epochOf(200, 3_000), ending(known, { rate: 0.13, probing: true }));

    expect(belief).toMatchObject({ rate: 0.1, measured: true, contended: false });
  });

  it('goes up when a try for more went far', () => {
    const belief = learn(epochOf(620, 3_000), ending(known, { rate: 0.22, probing: true }));

    expect(belief.rate).toBe(0.2);
  });

  it('hardly slows down a pace that held for long', () => {
    expect(learn(epochOf(700, 14_000), ending(known)).rate).toBeGreaterThan(0.098);
    expect(learn(epochOf(1_400, 14_000), ending({ ...known, corrected: true })).rate).toBeGreaterThan(0.098);
  });

  it('does not blame the pace for a burst that was too large', () => {
    const belief = learn(epochOf(4, 5), ending(known));

    expect(belief).toMatchObject({ rate: 0.1, burst: 2, measured: true, contended: false });
  });

  it('puts a refusal down to its own measurement once, and takes what was accepted', () => {
    const once = learn(epochOf(300, 3_000), ending(known));
    const twice = learn(epochOf(300, 3_000), ending({ ...known, corrected: true }));

    expect(once).toMatchObject({ contended: false, corrected: true });
    expect(once.rate).toBeCloseTo(0.28 / 3, 3);
    expect(twice).toMatchObject({ contended: true });
  });

  it('takes a first refusal soon after the opening for a sign of others, and goes by all of what it measured', () => {
    expect(learn(epochOf(150, 1_500), ending(known))).toMatchObject({ rate: 0.06, contended: true });
    expect(learn(epochOf(150, 1_500), ending({ ...known, least: 0.12 }))).toMatchObject({ rate: 0.1, contended: true });
  });

  it('yields to others more the sooner it is refused', () => {
    const contended = { ...known, contended: true };

    expect(learn(epochOf(150, 1_500), ending(contended)).rate).toBeCloseTo(0.0867, 3);
    expect(learn(epochOf(30, 300), ending(contended)).rate).toBeCloseTo(0.065);
  });

  it('tries for more as rarely beside others', () => {
    expect(learn(epochOf(150, 1_500), ending({ ...known, contended: true })).patience).toBe(18_000);
  });
});
