import type { Clock } from '@steadfetch/core';
import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { Alarm } from '../src/alarm.ts';

/** An alarm that writes down when it rings. */
function recorded(clock: Clock) {
  const start = clock.now();
  const rings: number[] = [];
  return { rings, alarm: new Alarm(clock, () => rings.push(clock.now() - start)) };
}

/** A clock whose sleeps end when told, all at once, and take no notice of an abort. */
function deafClock() {
  const sleepers: (() => void)[] = [];
  const sleep = () => new Promise<void>((resolve) => sleepers.push(resolve));
  return { now: () => 0, sleep, wakeAll: () => sleepers.splice(0).forEach((wake) => void wake()) };
}

describe('Alarm', () => {
  it('moves to an earlier time, not to a later one, and rings once', async () => {
    const clock = manualClock();
    const { alarm, rings } = recorded(clock);
    const now = clock.now();

    for (const ms of [100, 40, 70]) alarm.set(now, ms);
    expect(clock.pending).toBe(1);
    await clock.runAll();

    expect(rings).toEqual([40]);
  });

  it('can be set again after it rang, also to a later time', async () => {
    const clock = manualClock();
    const { alarm, rings } = recorded(clock);
    alarm.set(clock.now(), 10);
    await clock.runAll();

    alarm.set(clock.now(), 50);
    await clock.runAll();

    expect(rings).toEqual([10, 60]);
  });

  it('does not ring when it is stopped in the instant in which its sleep ends', async () => {
    const clock = deafClock();
    const { alarm, rings } = recorded(clock);
    alarm.set(0, 10);

    clock.wakeAll();
    alarm.stop();
    await Promise.resolve();

    expect(rings).toEqual([]);
  });

  it('rings for the earlier time alone when the sleep for the later one ends all the same', async () => {
    const clock = deafClock();
    const { alarm, rings } = recorded(clock);
    alarm.set(0, 10);
    alarm.set(0, 5);

    clock.wakeAll();
    await Promise.resolve();

    expect(rings).toHaveLength(1);
  });
});
