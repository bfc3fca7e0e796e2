import type { Clock } from 'steadfetch';
import { systemClock } from '../../core/src/index.ts';

/** A clock that notes how long it is asked to sleep, and sleeps a millisecond; or as long as asked, once it is told to. */
export class Hurry implements Clock {
  readonly sleeps: number[] = [];
  /** How many sleeps go on. */
  open = 0;
  /** Called when a sleep begins that is as long as asked. */
  whenAsleep: (() => void) | undefined;

  now(): number {
    return Date.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    this.open++;
    const sleep = systemClock.sleep(this.whenAsleep ? ms : Math.min(ms, 1), signal).finally(() => this.open--);
    this.whenAsleep?.();
    return sleep;
  }
}
