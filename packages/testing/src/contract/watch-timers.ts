import { patch } from './patch.ts';

type Start = (fire: () => void, ms?: number) => unknown;

/** What ends a timer of Node, Deno and Bun besides the functions of the platform: `using` calls one of these. */
const ENDS = ['close', Symbol.dispose];

/** The timers that are set from now on and have neither fired nor been cleared, each with what fires it at once. */
export interface WatchedTimers {
  readonly left: Map<unknown, () => void>;
  /** Puts back the timers that were there. */
  readonly restore: () => void;
}

/** Watches the timers of the platform. `onSet` is called for each. */
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
      const timer = start(fire, ms); // which may fire again after `refresh()`, also when nobody watches any more
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
    const isNumber = typeof timer !== 'object'; // which may stand for the timer of Node
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
