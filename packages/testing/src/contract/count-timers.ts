import { exclusively } from './exclusively.ts';
import { patch } from './patch.ts';

type Start = (...args: never[]) => unknown;

/** Counts the timers that are set while `run` runs and neither fire nor are cleared by its end. It may look at those that are left so far. */
export function countTimers(run: (left: Set<unknown>) => Promise<unknown>): Promise<number> {
  return exclusively(() => countNow(run));
}

async function countNow(run: Parameters<typeof countTimers>[0]): Promise<number> {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis as unknown as Record<string, Start>;
  const left = new Set<unknown>();
  const start =
    (set: Start, isOnce: boolean) =>
    (listener: (...args: unknown[]) => unknown, ...rest: never[]) => {
      const fire = (...args: unknown[]): unknown => {
        if (isOnce) left.delete(timer);
        return listener(...args);
      };
      const timer = set(...([fire, ...rest] as never[]));
      left.add(timer);
      return timer;
    };
  const stop = (clear: Start) => (timer: never) => {
    left.delete(timer);
    return clear(timer);
  };
  const restore = patch(globalThis, {
    setTimeout: start(setTimeout!, true),
    setInterval: start(setInterval!, false),
    clearTimeout: stop(clearTimeout!),
    clearInterval: stop(clearInterval!),
  });
  try {
    await run(left);
  } finally {
    restore();
  }
  return left.size;
}
