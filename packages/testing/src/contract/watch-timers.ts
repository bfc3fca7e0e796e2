import { patch } from './patch.ts';

type Start = (fire: () => void, ms?: number) => unknown;

/** Methods that clear a timer in Node, Deno and Bun. `using` calls the second. */
const ENDS = ['close', Symbol.dispose];

/** The active timers that were set since the watch began, each with a function that fires it at once. */
export interface WatchedTimers {
  readonly left: Map<unknown, () => void>;
  /** Restores the original timer functions. */
  readonly restore: () => void;
}

/** Watches the global timers. `onSet` is called for each new timer. */
export function watchTimers(onSet: () => void = () => {}): WatchedTimers {
  const { setTimeout, setInterval, clearTimeout: stop } = globalThis;
  const left: WatchedTimers['left'] = new Map();
  const set =
    (start: Start, isOnce: boolean) =>
    (listener: (...rest: unknown[]) => void, ms?: number, ...rest: unknown[]): unknown => {
      onSet();
      const fire = (): void => {
        if (isOnce) left.delete(timer);
        listener(...rest);
      };
      const timer = start(fire, ms); // it may fire again after `refresh()`, even after `restore()`
      left.set(timer, () => {
        if (isOnce) stop(timer as never);
        if (left.has(timer)) fire();
      });
      for (const name of ENDS) {
        const end = Object(timer)[name];
        const value = (): unknown => {
          left.delete(timer);
          return end.call(timer);
        };
        if (end) Object.defineProperty(timer, name, { value });
      }
      return timer;
    };
  const clear = (timer: never): void => {
    const isNumber = typeof timer !== 'object'; // Node accepts a timer's number
    left.delete(isNumber ? [...left.keys()].find((one) => Number(one) === Number(timer)) : timer);
    stop(timer);
  };
  const timers = {
    setTimeout: set(setTimeout, true),
    setInterval: set(setInterval, false),
    clearTimeout: clear,
    clearInterval: clear,
  };
  return { left, restore: patch(globalThis, timers) };
}
