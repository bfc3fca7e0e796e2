import { abortable } from './abort.ts';
import { type Clock, systemClock } from './clock.ts';

/** Sleeps on a clock. A custom one may throw, or ignore the signal. */
export function sleep(ms: number, signal: AbortSignal | undefined, clock: Clock): Promise<void> {
  if (clock === systemClock) return clock.sleep(ms, signal);
  return abortable(new Promise((resolve) => resolve(clock.sleep(ms, signal))), signal);
}
