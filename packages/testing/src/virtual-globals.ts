import type { Random } from '@steadfetch/core';
import type { TimedEvent } from './event-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * Puts virtual time and seeded chance in place of the global timers, `Date`, `performance.now` and `Math.random`.
 * Gives the function that puts the real ones back.
 */
export function installGlobals(time: VirtualTime, random: Random): () => void {
  const { setTimeout, clearTimeout, setInterval, clearInterval, Date: RealDate } = globalThis;
  const real = { setTimeout, clearTimeout, setInterval, clearInterval, Date: RealDate };
  const { random: realRandom } = Math;
  Object.assign(globalThis, {
    setTimeout: (run: Run, ms = 0, ...args: unknown[]) => timer(time, { run: () => run(...args), ms }),
    setInterval: (run: Run, ms = 0, ...args: unknown[]) => timer(time, { run: () => run(...args), ms, again: true }),
    clearTimeout: clear(clearTimeout),
    clearInterval: clear(clearInterval),
    Date: virtualDate(RealDate, time),
  });
  Math.random = random;
  Object.defineProperty(performance, 'now', { value: () => time.elapsed, configurable: true, writable: true });
  return () => {
    Object.assign(globalThis, real);
    Math.random = realRandom;
    Reflect.deleteProperty(performance, 'now');
  };
}

type Run = (...args: unknown[]) => void;

/** What `setTimeout` gives in Node, as far as clients use it. */
class Timer {
  event: TimedEvent = { run: undefined };
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

function timer(time: VirtualTime, { run, ms, again = false }: { run: () => void; ms: number; again?: boolean }): Timer {
  const handle = new Timer();
  const wait = Number(ms) >= 0 ? Math.trunc(ms) : 0;
  const fire = () => {
    if (again) handle.event = time.after(wait, fire);
    run();
  };
  handle.event = time.after(wait, fire);
  return handle;
}

function clear(real: (handle: never) => void): (handle: unknown) => void {
  return (handle) => {
    if (!(handle instanceof Timer)) real(handle as never);
    else handle.event.run = undefined;
  };
}

function virtualDate(RealDate: DateConstructor, time: VirtualTime): DateConstructor {
  return class extends RealDate {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [time.now()] : args) as [number]));
    }
    static override now(): number {
      return time.now();
    }
  } as DateConstructor;
}
