import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/model/pace.ts';

describe('Pace', () => {
  it('is free at first', () => {
    expect(new Pace().delay(0)).toBe(0);
  });

  it('sends one request for each token', () => {
    const pace = new Pace();
    pace.open(0, 1);
    pace.hold(0.01, 1, 10_000, 0.1, 0);
    pace.take(0);
    expect(pace.delay(0)).toBeCloseTo(100);
    pace.advance(100);
    expect(pace.delay(100)).toBe(0);
  });

  it('returns the token of a request that was not sent, and the growth of a search by it', () => {
    const pace = new Pace();
    pace.open(0, 1);
    pace.search(0.01, 1);
    const before = pace.rate(1_000);
    pace.take(1_000);
    expect(pace.rate(1_000)).toBeGreaterThan(before);

    pace.giveBack(before);

    expect(pace.rate(1_000)).toBe(before);
    expect(pace.delay(1_000)).toBe(0);
  });

  it('rises above the held pace when the period is over', () => {
    const pace = new Pace();
    pace.hold(0.1, 1, 5_000, 0.1, 0);
    expect(pace.rate(5_000)).toBe(0.1);
    expect(pace.isRising(5_000)).toBe(false);
    expect(pace.rate(6_000)).toBeCloseTo(0.1 * Math.exp(0.1));
    expect(pace.isRising(6_000)).toBe(true);
  });

  it('climbs in a straight line in the same time, whatever the pace is', () => {
    const pace = new Pace();
    pace.climb(0.05, 0.1, 20_000, 0);
    expect(pace.rate(10_000)).toBeCloseTo(0.075);
    expect(pace.rate(20_000)).toBeCloseTo(0.1);
    expect(pace.rate(40_000)).toBeCloseTo(0.1 * Math.E);
  });

  it('grows without end while it is used, and by a factor of seven at most while it is not', () => {
    const pace = new Pace();
    pace.hold(0.001, 1, 1_000, 0.1, 0);
    expect(pace.rate(10_000_000)).toBeCloseTo(0.001 * Math.exp(2));
    let now = 0;
    for (; now < 200_000; now += 1_000) pace.take(now);
    expect(pace.rate(now)).toBeGreaterThan(0.1);
  });

  it('searches faster with each request, and with time when nothing is sent', () => {
    const pace = new Pace();
    pace.take(0);
    pace.search(0.01, 1);
    pace.take(100);
    expect(pace.rate(100)).toBeGreaterThan(0.012);
    expect(pace.rate(40_100)).toBeGreaterThan(0.05);
  });

  it('releases the queue in a steady stream, and is free again when no call waits', () => {
    const pace = new Pace();
    pace.open(0, 0);
    pace.release(0.1);
    expect(pace.delay(0)).toBeCloseTo(10);
    pace.advance(10);
    pace.take(10);
    expect(pace.delay(10)).toBeGreaterThan(5);
    pace.advance(100);
    expect(pace.delay(100)).toBe(0);
  });

  it('does not speed up a release while the gate is closed', () => {
    const pace = new Pace();
    pace.open(0, 0);
    pace.release(0.1);
    pace.advance(1_000, true);
    expect(pace.delay(1_000)).toBeCloseTo(10);
  });
});
