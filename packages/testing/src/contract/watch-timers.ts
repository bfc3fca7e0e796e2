import { patch } from './patch.ts';

type Start = (fire: () => void, ms?: number) => unknown;

/** What ends a timer of Node, Deno and Bun besides the functions of the platform: `using` calls one of these. */
const ENDS = ['close', Symbol.dispose];

/** The timers that are set from now on and have neither fired nor been cleared, and what puts back those that were there. */
export function watchTimers(): { readonly left: Set<unknown>; readonly restore: () => void } {
  const { setTimeout, setInterval, clearTimeout: stop } = globalThis;
  const left = new Set<unknown>();
  const set =
    (start: Start, isOnce: boolean) =>
    (listener: (...rest: unknown[]) => void, ms?: number, ...rest: unknown[]): unknown => {
      const fire = (): void => {
        if (isOnce) left.delete(timer);
        listener(...rest);
      };
      const timer = start(fire, ms); // which may fire again after `refresh()`, also when nobody watches any more
      left.add(timer);
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
    left.delete(isNumber ? [...left].find((one) => Number(one) === Number(timer)) : timer);
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
