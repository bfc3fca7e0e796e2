import { notify } from '../events/notify.ts';
import { abortable, onAbort } from './abort.ts';

/** The source of time. All numbers are milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`. Rejects with the signal's reason as soon as the signal aborts, and leaves no timer or listener. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Returns a random number in [0, 1), like `Math.random`. */
export type Random = () => number;

/** Returns a drawn number that is from 0 to 1, and 1 instead of any other value, so that a broken `random` never shortens a wait. */
export function shareOf(drawn: number): number {
  return drawn >= 0 && drawn <= 1 ? drawn : 1;
}

/** The longest delay of a timer: 2^31 - 1 ms, 24.8 days. With a longer one `setTimeout` fires at once. */
export const MAX_TIMER = 2_147_483_647;

/**
 * The machine's clock. A sleep lasts `MAX_TIMER` at most. Fake timers control this clock if they replace `performance` too, because it
 * looks up the globals at each use.
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

/** `clock.sleep()`, also for a custom clock that throws or ignores the signal. */
export function sleep(ms: number, signal: AbortSignal | undefined, clock: Clock): Promise<void> {
  if (clock === systemClock) return clock.sleep(ms, signal);
  return abortable(new Promise((resolve) => resolve(clock.sleep(ms, signal))), signal);
}

/**
 * Ends a sleep that is no longer needed. `abort` gets a reason because otherwise it creates an error with a stack, which is slow. In
 * Cloudflare Workers `abort` throws if another request started the sleep; that sleep then ends when its time is over.
 */
export function endSleep(sleeping: AbortController | undefined): void {
  notify(() => sleeping?.abort('no longer needed'));
}

/**
 * Returns a function for measuring durations: milliseconds that never go back, even if the date is set back. Zero has no meaning.
 *
 * It reads the machine's clock by `performance.now()`, which ignores changes of the date and a frozen `Date`, and any other clock by
 * `now()`. If a reading is lower than the last one, the difference is added to all later ones: fake timers reset `performance.now()`.
 */
export function monotonic(clock: Clock): () => number {
  const isPrecise = clock === systemClock && globalThis.performance?.now !== undefined;
  let last = -Infinity;
  let offset = 0;
  return () => {
    const now = isPrecise ? performance.now() : clock.now();
    if (now < last) offset += last - now;
    last = now;
    return now + offset;
  };
}
