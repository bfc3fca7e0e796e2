import type { Clock } from 'steadfetch';
import { systemClock } from 'steadfetch/kit';

/** A clock on which everything happens `speed` times faster. */
export function scaledClock(speed: number): Clock {
  if (speed === 1) return systemClock;
  const start = performance.timeOrigin + performance.now();
  return {
    now: () => start + (performance.timeOrigin + performance.now() - start) * speed,
    sleep: (ms, signal) => systemClock.sleep(Math.ceil(ms / speed), signal),
  };
}
