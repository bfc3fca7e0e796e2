import { describe, expect, it } from 'vitest';
import { bucket, type Fleet, fixedWindow, fleet } from './support/fleet.ts';

const sumOf = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((a, b = 0) => a + b, 0);
const shareOf = ({ perSecond }: Fleet, from: number, to: number, rate: number) =>
  sumOf(perSecond.slice(from, to)) / (rate * (to - from));
const refusedOf = (group: Fleet) => group.refused / (group.refused + sumOf(group.accepted));

describe('eight processes at 100 a second', () => {
  it('that the server tells of use all of it, alike, and are not refused', async () => {
    const group = fleet(8, bucket(100, 20, 'told'));
    await group.run(20);
    expect(group.refused).toBe(0);
    expect(shareOf(group, 0, 20, 100)).toBeGreaterThan(0.93);
    expect(shareOf(group, 5, 20, 100)).toBeGreaterThan(0.97);
    expect(group.jain()).toBeGreaterThan(0.99);
    expect(group.place.questions / sumOf(group.accepted)).toBeLessThan(0.6);
  });

  it.each(['retry-after', 'none'] as const)('that are only refused (%s) measure it together', async (hint) => {
    const group = fleet(8, bucket(100, 20, hint));
    await group.run(40);
    expect(group.lost).toBe(0);
    expect(refusedOf(group)).toBeLessThan(0.015);
    expect(shareOf(group, 0, 40, 100)).toBeGreaterThan(0.88);
    expect(shareOf(group, 7, 27, 100)).toBeGreaterThan(0.95);
    expect(group.jain()).toBeGreaterThan(0.99);
  });

  it('in windows of which the server tells share each of them', async () => {
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

  it('of which two are killed use their share within two seconds', async () => {
    const group = fleet(8, bucket(100, 20, 'told'));
    await group.run(10);
    group.killed.add(0).add(1);
    await group.run(10);
    expect(shareOf(group, 12, 20, 100)).toBeGreaterThan(0.95);
    expect(group.refused).toBe(0);
  });

  it('slow down by half when the server does, and find the new pace', async () => {
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

describe('when the place that decides', () => {
  it('is away for five seconds and comes back empty, hardly a call is refused', async () => {
    const group = fleet(8, bucket(100, 20, 'retry-after'));
    await group.run(20);
    group.place.isAway = true;
    await group.run(5);
    group.place.isAway = false;
    group.place.states.clear();
    await group.run(15);
    expect(group.lost).toBe(0);
    expect(refusedOf(group)).toBeLessThan(0.06);
    expect(shareOf(group, 10, 40, 100)).toBeGreaterThan(0.85);
    for (const n of [0, 7])
      expect(group.events.filter((event) => event.endsWith(` ${n}`))).toEqual([`down ${n}`, `up ${n}`]);
  });

  it('is away for good, each goes on from its share', async () => {
    const group = fleet(8, bucket(100, 20, 'retry-after'));
    await group.run(15);
    group.place.isAway = true;
    await group.run(25);
    expect(group.lost).toBe(0);
    expect(shareOf(group, 15, 40, 100)).toBeGreaterThan(0.6);
    expect(group.events.filter((event) => event === 'down 3')).toHaveLength(1);
  });
});

it('fifty processes at 80 a minute, told, are not refused', async () => {
  const group = fleet(50, bucket(80 / 60, 100, 'told'), { pause: 100 });
  await group.run(300);
  expect(group.refused).toBe(0);
  expect(shareOf(group, 0, 300, 80 / 60)).toBeGreaterThan(0.95);
  expect(group.jain()).toBeGreaterThan(0.95);
});

it('without a limit nobody is held back for longer than the first second', async () => {
  const group = fleet(2, () => ({ ok: true, headers: {} }));
  await group.run(3);
  expect(group.perSecond[2]).toBeGreaterThan(370);
});
