import { notify } from '../events/notify.ts';
import { abortable, onAbort } from './abort.ts';

/** The source of time. All numbers are milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects at once with the signal's reason when it aborts, leaving no timer and no listener. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The source of chance: a number in [0, 1). */
export type Random = () => number;

/** The longest delay a timer holds, 2^31 - 1 ms. Beyond it `setTimeout` fires at once. */
export const MAX_TIMER = 2_147_483_647;

/**
 * The machine's clock. It sleeps as long as a timer can, 24.8 days, where more is asked. The globals are looked up at each use, so fake
 * timers drive it if they replace `performance` too.
 */
export const systemClock: Clock = { now: () => Date.now(), sleep: sleepByTimer };

function sleepByTimer(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        release();
        resolve();
      },
      Math.min(Math.max(0, ms), MAX_TIMER),
    );
    const release = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}

/** Sleeps on a clock. A custom one may throw, or ignore the signal. */
export function sleep(ms: number, signal: AbortSignal | undefined, clock: Clock): Promise<void> {
  if (clock === systemClock) return clock.sleep(ms, signal);
  return abortable(new Promise((resolve) => resolve(clock.sleep(ms, signal))), signal);
}

/**
 * Ends a sleep that nothing waits for any more. Without a reason, `abort` makes an error with a stack, which costs more than the rest.
 * In Workers of Cloudflare it throws where another request has begun the sleep, which then ends by itself.
 */
export function endSleep(sleeping: AbortController | undefined): void {
  notify(() => sleeping?.abort('no longer needed'));
}

/**
 * Milliseconds for durations, which never go back, whatever the date is set to. They start anywhere.
 *
 * Reads the machine's clock with `performance.now()`, so that neither a step of the date nor a frozen `Date` matters, and any
 * other clock with `now()`. Each reading adds the time since the one before, and a step backwards adds nothing: fake timers let
 * also `performance.now()` start again.
 */
export function monotonic(clock: Clock): () => number {
  const isPrecise = clock === systemClock && globalThis.performance?.now !== undefined;
  let last = -Infinity;
  let lost = 0;
  return () => {
    const now = isPrecise ? performance.now() : clock.now();
    if (now < last) lost += last - now;
    last = now;
    return now + lost;
  };
}
