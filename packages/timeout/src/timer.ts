import { type Clock, systemClock } from '@steadfetch/core';
import { endSleep } from '@steadfetch/core/kit';

/** A clock, and its time as one that never goes back. */
export interface Time {
  readonly clock: Clock;
  readonly now: () => number;
}

/** Called when a timer is due. Must not throw: nothing could catch that. */
export interface Expirable {
  /** Whether it waits for something of ours, and not for an answer. */
  readonly isHeld?: boolean;
  expire(): void;
}

/** One timer, as long as its call. */
export interface Timer {
  /** When it is due, in the time of its clock. */
  readonly due: number;
  clear(): void;
}

/** Calls `expire` once, after `ms`: by `setTimeout` on the machine's clock, by `sleep` on any other. */
export function startTimer(time: Time, ms: number, target: Expirable): Timer {
  return time.clock === systemClock ? new SystemTimer(time, ms, target) : sleepTimer(time, ms, target);
}

/** A timer that is later than this, in milliseconds, shows that the event loop was held up. */
const LATE = 20;

class SystemTimer implements Timer {
  readonly due: number;
  readonly #handle: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor({ now }: Time, ms: number, target: Expirable) {
    this.due = now() + ms;
    this.#handle = setTimeout(SystemTimer.#ring, ms, this, now, target);
  }

  /**
   * In Node, timers may come before the answers that arrived while the event loop was held up: those get one turn, which
   * `setImmediate` ends. A second timer would come too late: what a layer inside sends in that turn would be on its way. Browsers
   * have no `setImmediate`, and take timers and answers in order; in the edge runtime of Next.js it throws.
   */
  static #ring(timer: SystemTimer, now: () => number, target: Expirable): void {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
    if (setImmediate && !target.isHeld && now() - timer.due > LATE) {
      try {
        setImmediate(() => timer.#isOver || target.expire());
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

/** A sleep that ends within this many turns of the microtask queue has not waited. */
const TURNS = 10;
/** The longest limit in real time, in milliseconds, on a clock whose sleeps take no time. */
const LONGEST_REAL = 1_000;

/**
 * A clock for tests may end a sleep at once, before anything could answer; another may refuse to sleep. The limit then
 * counts in real time.
 */
function sleepTimer({ clock, now }: Time, ms: number, target: Expirable): Timer {
  const off = new AbortController();
  const { signal } = off;
  let handle: ReturnType<typeof setTimeout> | undefined;
  const ring = () => signal.aborted || target.expire();
  const startReal = () => {
    if (!signal.aborted) handle = setTimeout(ring, Math.min(ms, LONGEST_REAL));
  };
  let wake: () => void = startReal;
  clock.sleep(ms, signal).then(() => wake(), startReal);
  void turns(TURNS).then(() => {
    wake = ring;
  });
  const clear = () => {
    endSleep(off);
    clearTimeout(handle);
  };
  // after the sleep has begun: it may have moved the clock
  return { due: now() + ms, clear };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}
