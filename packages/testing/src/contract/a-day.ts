import { passed } from '../time/passed.ts';
import { exclusively } from './exclusively.ts';
import { patch } from './patch.ts';

const DAY = 86_400_000;

/**
 * Runs what lets days pass: by all clocks, by the timers that were set before, and for signals that have a time limit. It may ask
 * whether somebody reads the time of the platform, since a clock of another kind may stand still.
 */
export function withDays(
  run: (passADay: () => void, isClockRead: () => boolean) => Promise<unknown>,
): Promise<unknown> {
  return exclusively(async () => {
    let isRead = false;
    const { Date: RealDate, setTimeout, setInterval, clearTimeout: stop } = globalThis;
    const [now, elapsed] = [Date.now, performance.now.bind(performance)];
    const read = (clock: () => number): number => {
      isRead = true;
      return clock() + passed.ms;
    };
    const due = new Map<unknown, () => void>();
    const limit = (): AbortSignal => {
      isRead = true;
      const controller = new AbortController();
      due.set(controller, () => controller.abort(new DOMException('a day has passed', 'TimeoutError')));
      return controller.signal;
    };
    const set =
      (start: (fire: () => void, ms?: number) => unknown, isOnce: boolean) =>
      (listener: (...rest: unknown[]) => void, ms?: number, ...rest: unknown[]): unknown => {
        isRead = true;
        const fire = (): void => {
          if (isOnce ? due.delete(timer) : due.has(timer)) listener(...rest);
        };
        const timer = start(fire, ms);
        due.set(timer, fire);
        return timer;
      };
    const clear = (timer: never): void => {
      due.delete(timer);
      stop(timer);
    };
    const construct = (target: DateConstructor, args: [], own: () => void): object =>
      Reflect.construct(target, args.length > 0 ? args : [target.now()], own);
    const restore = [
      patch(Date, { now: () => read(now) }),
      patch(performance, { now: () => read(elapsed) }),
      patch(AbortSignal, { timeout: limit }),
      patch(globalThis, {
        Date: new Proxy(RealDate, { construct }),
        setTimeout: set(setTimeout, true),
        setInterval: set(setInterval, false),
        clearTimeout: clear,
        clearInterval: clear,
      }),
    ];
    const passADay = (): void => {
      passed.ms += DAY;
      for (const fire of [...due.values()]) fire();
    };
    await run(passADay, () => isRead).finally(() => {
      passed.ms = 0;
      for (const undo of restore) undo();
    });
  });
}

/** Runs it a day later. */
export function aDayLater(run: () => Promise<unknown>): Promise<unknown> {
  return withDays((passADay) => {
    passADay();
    return run();
  });
}
