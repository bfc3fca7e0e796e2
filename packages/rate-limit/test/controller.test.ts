import { describe, expect, it } from 'vitest';
import { Controller } from '../src/controller.ts';
import { bucket, concurrency, fixedWindow, slidingWindow } from './limited-servers.ts';
import { type Run, simulate } from './simulate.ts';

const seeds = [1, 2, 3, 4, 5];

/** The worst of several runs, each with its own chance. */
function worst(make: () => Run, allowed: number): { share: number; refused: number; early: number } {
  const reports = seeds.map((seed) => simulate({ ...make(), seed }));
  return {
    share: Math.min(...reports.map(({ perSecond }) => perSecond)) / allowed,
    refused: Math.max(...reports.map(({ refusedShare }) => refusedShare)),
    early: Math.max(...reports.map(({ early }) => early)),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the controller against a limited server', () => {
  it.each<[string, () => Run, number, number, number]>([
    ['a bucket of 20 at 100/s', () => ({ server: bucket(100, 20), jobs: 2_000 }), 100, 0.92, 0.025],
    ['the same behind 20 ms', () => ({ server: bucket(100, 20), jobs: 2_000, latency: 20 }), 100, 0.92, 0.025],
    ['the same with 200 workers', () => ({ server: bucket(100, 20), jobs: 2_000, workers: 200 }), 100, 0.92, 0.025],
    ['a bucket of 5 at 20/s', () => ({ server: bucket(20, 5), jobs: 400 }), 20, 0.92, 0.03],
    ['a bucket of 10 at 50/s', () => ({ server: bucket(50, 10), jobs: 2_000 }), 50, 0.92, 0.025],
    ['a bucket of 13 at 73/s', () => ({ server: bucket(73, 13), jobs: 1_460 }), 73, 0.88, 0.025],
    ['a bucket of 3 at 15/s', () => ({ server: bucket(15, 3), jobs: 300 }), 15, 0.9, 0.03],
    [
      'a bucket of 100 at 500/s behind 30 ms',
      () => ({ server: bucket(500, 100), jobs: 10_000, latency: 30 }),
      500,
      0.88,
      0.01,
    ],
    ['a bucket of 5 at 10/s behind 100 ms', () => ({ server: bucket(10, 5), jobs: 200, latency: 100 }), 10, 0.85, 0.07],
    ['a bucket of 100 at 100/s', () => ({ server: bucket(100, 100), jobs: 2_000 }), 100, 0.92, 0.025],
    ['no hint', () => ({ server: bucket(100, 20, 'none'), jobs: 2_000 }), 100, 0.85, 0.04],
    ['no hint behind 50 ms', () => ({ server: bucket(100, 20, 'none'), jobs: 2_000, latency: 50 }), 100, 0.85, 0.04],
    ['no hint at 20/s', () => ({ server: bucket(20, 5, 'none'), jobs: 600 }), 20, 0.85, 0.04],
    ['exact hints', () => ({ server: bucket(100, 20, 'exact'), jobs: 2_000 }), 100, 0.92, 0.025],
    ['numbers on every response', () => ({ server: bucket(100, 20, 'ratelimit'), jobs: 600 }), 100, 0.95, 0.01],
    ['numbers behind 20 ms', () => ({ server: bucket(100, 20, 'ratelimit'), jobs: 600, latency: 20 }), 100, 0.95, 0.01],
    ['numbers at 500/s', () => ({ server: bucket(500, 50, 'ratelimit'), jobs: 3_000 }), 500, 0.95, 0.01],
    ['numbers of a window', () => ({ server: fixedWindow(100, 10_000, 'ratelimit'), jobs: 500 }), 10, 0.95, 0.01],
    ['a fixed window', () => ({ server: fixedWindow(100, 1_000), jobs: 2_000 }), 100, 0.95, 0.03],
    ['a fixed window without a hint', () => ({ server: fixedWindow(100, 1_000, 'none'), jobs: 2_000 }), 100, 0.7, 0.05],
    ['a sliding window', () => ({ server: slidingWindow(100, 1_000), jobs: 2_000 }), 100, 0.95, 0.03],
    ['a window of 5 s', () => ({ server: slidingWindow(100, 5_000), jobs: 1_000 }), 20, 0.95, 0.05],
    ['a limit by concurrency', () => ({ ...concurrency(10), service: 50, jobs: 2_000 }), 200, 0.7, 0.02],
  ])('does its jobs at the allowed rate: %s', (_, make, allowed, share, refused) => {
    const run = worst(make, allowed);

    expect(run.share).toBeGreaterThanOrEqual(share);
    expect(run.refused).toBeLessThanOrEqual(refused);
    expect(run.early).toBe(0);
  });

  it.each([
    [0.3, 0.82],
    [3, 0.88],
    [10, 0.88],
    [20, 0.88],
    [40, 0.82],
    [80, 0.85],
  ])('shares a limit with another one that starts %d ms later', (apart, share) => {
    const runs = Array.from({ length: 12 }, (_, seed) =>
      simulate({ server: bucket(100, 20), jobs: 1_000, clients: 2, apart, seed }),
    );

    expect(mean(runs.map(({ perSecond }) => perSecond / 100))).toBeGreaterThanOrEqual(share);
    expect(Math.max(...runs.map(({ refusedShare }) => refusedShare))).toBeLessThanOrEqual(0.025);
    expect(runs.every(({ early }) => early === 0)).toBe(true);
  });

  it('follows a limit that is lowered', () => {
    const server = bucket(100, 20, 'whole-seconds', (now) => (now < 10_000 ? 100 : 40));

    const { seconds, refusedShare } = simulate({ server, jobs: 1_800 });

    expect(seconds).toBeLessThan(10 + 800 / 40 / 0.7);
    expect(refusedShare).toBeLessThan(0.04);
  });

  it('finds out that a limit was raised', () => {
    const server = bucket(100, 20, 'whole-seconds', (now) => (now < 10_000 ? 100 : 400));

    const { seconds } = simulate({ server, jobs: 12_000 });

    expect(seconds).toBeLessThan(60);
  });

  it('forgets a limit that was lifted', () => {
    let limited = true;
    const strict = bucket(100, 20);
    const server = (now: number) => {
      if (now > 10_000) limited = false;
      return limited ? strict(now) : { ok: true };
    };

    const { seconds } = simulate({ server, jobs: 100_000 });

    expect(seconds).toBeLessThan(45);
  });

  it('does not hold an origin back that has no limit', () => {
    const { seconds, refused } = simulate({ server: () => ({ ok: true }), jobs: 4_000, latency: 10 });

    expect(refused).toBe(0);
    expect(seconds).toBeLessThan((4_000 / 40) * 0.01 * 1.1);
  });

  it('goes on after 250 ms when the first requests are not answered', () => {
    const controller = new Controller({ random: () => 0 });

    while (controller.wait(0) === 0) controller.send(0);

    expect(controller.inFlight).toBe(4);
    expect(controller.wait(0)).toBe(250);
    expect(controller.wait(250)).toBe(0);
  });

  it('stays closed for as long as the server asks, however slow it is', () => {
    const controller = new Controller({ random: () => 0 });
    controller.settle(controller.send(0), 5_000, { kind: 'accepted' });

    controller.settle(controller.send(5_000), 5_010, { kind: 'refused', wait: 1_000 });

    expect(controller.closedUntil).toBe(6_011);
  });

  it('knows no pace from the first numbers alone', () => {
    const controller = new Controller({ random: () => 0 });

    controller.settle(controller.send(0), 1, { kind: 'accepted', quota: { remaining: 50, limit: 100, reset: 60_000 } });

    expect(controller.rate).toBeUndefined();
  });

  it('takes a used-up quota for a closed gate', () => {
    const controller = new Controller({ random: () => 0 });
    const permit = controller.send(0);

    controller.settle(permit, 5, { kind: 'accepted', quota: { remaining: 0, reset: 2_000 } });

    expect(controller.wait(5)).toBe(2_001);
    expect(controller.remaining).toBe(0);
  });

  it('does not close the gate for a used-up quota without an end', () => {
    const controller = new Controller({ random: () => 0 });

    controller.settle(controller.send(0), 5, { kind: 'accepted', quota: { remaining: 0 } });

    expect(controller.closedUntil).toBeUndefined();
    expect(controller.remaining).toBe(0);
  });

  it('learns no rate from a refusal that the numbers of the server explain', () => {
    const controller = new Controller({ random: () => 0 });
    controller.settle(controller.send(0), 5, { kind: 'refused', wait: 1_000, quota: { remaining: 0, reset: 1_000 } });
    controller.wait(1_006);

    for (let i = 0; i < 21; i++) controller.settle(controller.send(1_006 + i), 1_007 + i, { kind: 'accepted' });

    expect(controller.remaining).toBeUndefined();
    expect(controller.rate).toBeUndefined();
  });

  it('does not count for what comes after a closed gate what was sent before it', () => {
    const controller = new Controller({ random: () => 0 });
    const [first, ...late] = Array.from({ length: 4 }, () => controller.send(0));
    controller.settle(first!, 5, { kind: 'refused', wait: 1_000 });
    controller.wait(1_006);
    const { rate } = controller;

    for (const permit of late) controller.settle(permit, 1_010, { kind: 'accepted' });
    controller.settle(controller.send(1_011), 1_012, { kind: 'refused', wait: 1_000 });
    controller.wait(3_000);

    expect(rate).toBeGreaterThan(0);
    expect(controller.closedUntil).toBeUndefined();
    expect(controller.rate).toBe(rate);
  });

  it('waits as a late refusal asks, and blames it on nothing that was sent since', () => {
    const controller = new Controller({ random: () => 0 });
    const [first, late] = [controller.send(0), controller.send(0)];
    controller.settle(first, 5, { kind: 'refused', wait: 1_000 });
    controller.wait(1_006);
    const { rate } = controller;
    controller.settle(controller.send(1_006), 1_007, { kind: 'accepted' });

    controller.settle(late, 1_010, { kind: 'refused', wait: 1_000 });

    expect(controller.wait(1_010)).toBe(1_001);
    controller.wait(2_011);
    expect(controller.rate).toBe(rate);
  });

  it('no longer goes by numbers that are no longer sent', () => {
    const controller = new Controller({ random: () => 0 });
    controller.settle(controller.send(0), 1, { kind: 'accepted', quota: { remaining: 50, limit: 100, reset: 60_000 } });

    for (let i = 0; i < 21; i++) controller.settle(controller.send(i), i + 1, { kind: 'accepted' });

    expect(controller.remaining).toBeUndefined();
  });

  it('starts over after a pause', () => {
    const controller = new Controller({ random: () => 0 });
    for (const at of [0, 5_000, 10_000]) controller.settle(controller.send(at), at + 1, { kind: 'accepted' });

    controller.settle(controller.send(10_002), 10_003, { kind: 'refused', wait: 1_000 });
    controller.wait(11_004);

    expect(controller.rate).toBeCloseTo(16, 0);
  });
});
