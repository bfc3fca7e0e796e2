import { type Clock, systemClock } from '@steadfetch/core';
import { LateTimer } from './late-timer.ts';
import { SleepTimer } from './sleep-timer.ts';

/** A clock, and its time as one that never goes back. */
export interface Time {
  readonly clock: Clock;
  readonly now: () => number;
}

export interface Timer {
  /** Milliseconds until it is due. */
  remaining(): number;
  callOff(): void;
}

/** What a timer goes off for. */
export interface Alarm {
  expire(): void;
}

/** Lets the alarm expire once, after `ms`. The machine's clock needs no promise for it. */
export function startTimer(time: Time, ms: number, alarm: Alarm): Timer {
  return time.clock === systemClock ? new LateTimer(time.now, ms, alarm) : new SleepTimer(time, ms, alarm);
}
