import { type Clock, systemClock } from '@steadfetch/core';
import { endSleep } from '@steadfetch/core/kit';

/** A clock, and its time as a duration that never goes back. */
export interface Time {
  readonly clock: Clock;
  readonly now: () => number;
}

/** What a timer ends. */
export interface Expirable {
  /** Whether the call waits in one of our layers, and not for an answer. */
  readonly isHeld?: boolean;
  /** Whether it waits for a part of a body. */
  readonly isBody?: boolean;
  /** Called once, when the timer is due. Must not throw: nothing could catch the error. */
  expire(): void;
}

export interface Timer {
  /** When it fires, by `Time.now`. */
  readonly due: number;
  clear(): void;
}

/** Calls `expire` once after `ms`: by `setTimeout` on the machine's clock, by `sleep` on any other clock. */
export function startTimer(time: Time, ms: number, target: Expirable): Timer {
  return time.clock === systemClock ? new SystemTimer(time, ms, target) : sleepTimer(time, ms, target);
}

/** A timer that fires this much too late, in milliseconds, shows that the event loop was blocked. */
const BLOCKED_MS = 20;

class SystemTimer implements Timer {
  readonly due: number;
  #handle: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor({ now }: Time, ms: number, target: Expirable) {
    this.due = now() + ms;
    this.#handle = setTimeout(SystemTimer.#fire, ms, this, now, target, ms);
  }

  /**
   * After the event loop was blocked, Node may run timers before it handles answers that have arrived. So the answers get one turn of
   * the loop, until `setImmediate` runs. A second timer would be too late: an inner layer might send a request in the meantime. A part of
   * a body gets as much time as was lost, but no more than the limit (the process may have been frozen for an hour), because another thread
   * unpacks it if it is compressed. Browsers run timers and answers in order and have no `setImmediate`. In the edge runtime of Next.js it
   * throws.
   */
  static #fire(timer: SystemTimer, now: () => number, target: Expirable, ms: number): void {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
    const late = now() - timer.due;
    if (setImmediate && !target.isHeld && late > BLOCKED_MS) {
      const end = () => timer.#isOver || target.expire();
      const wait = () => {
        if (!timer.#isOver) timer.#handle = setTimeout(setImmediate, Math.min(late, ms), end);
      };
      try {
        setImmediate(target.isBody ? wait : end);
        return;
      } catch {}
    }
    target.expire();
  }

  clear(): void {
    this.#isOver = true;
    clearTimeout(this.#handle);
  }
}

/** A sleep that ends within this many microtasks took no time. */
const MICROTASKS = 10;
/** The longest limit in real time on such a clock, in milliseconds. */
const MAX_REAL_MS = 1_000;

/**
 * A timer on any other clock. Some test clocks end a sleep at once, before an answer can come, or reject. With those the limit counts in
 * real time.
 */
function sleepTimer({ clock, now }: Time, ms: number, target: Expirable): Timer {
  const off = new AbortController();
  const { signal } = off;
  let handle: ReturnType<typeof setTimeout> | undefined;
  const fire = () => signal.aborted || target.expire();
  const startReal = () => {
    if (!signal.aborted) handle = setTimeout(fire, Math.min(ms, MAX_REAL_MS));
  };
  let onWake: () => void = startReal;
  clock.sleep(ms, signal).then(() => onWake(), startReal);
  void microtasks(MICROTASKS).then(() => {
    onWake = fire;
  });
  const clear = () => {
    endSleep(off);
    clearTimeout(handle);
  };
  // `now()` is read after `sleep()`, which may have moved a test clock
  return { due: now() + ms, clear };
}

async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}
