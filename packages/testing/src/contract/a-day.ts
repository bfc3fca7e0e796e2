import { skipped } from '../time/skipped.ts';
import { exclusively } from './exclusively.ts';
import { patch } from './patch.ts';
import { watchTimers } from './watch-timers.ts';

const DAY = 86_400_000;

/**
 * Runs a function that can skip days. `passADay` moves all clocks by a day, fires the timers that are set, and aborts the
 * signals of `AbortSignal.timeout()`. `isClockRead` returns whether the platform's time was read: if not, the middleware
 * may use a clock that did not move.
 */
export function withDays(
  run: (passADay: () => void, isClockRead: () => boolean) => Promise<unknown>,
): Promise<unknown> {
  return exclusively(async () => {
    let isRead = false;
    const { Date: RealDate } = globalThis;
    const [now, elapsed] = [Date.now, performance.now.bind(performance)];
    const read = (clock: () => number): number => {
      isRead = true;
      return clock() + skipped.ms;
    };
    const { left: due, restore: putBack } = watchTimers(() => {
      isRead = true;
    });
    const limit = (): AbortSignal => {
      isRead = true;
      const controller = new AbortController();
      due.set(controller, () => controller.abort(new DOMException('a day has passed', 'TimeoutError')));
      return controller.signal;
    };
    const construct = (target: DateConstructor, args: [], own: () => void): object =>
      Reflect.construct(target, args.length > 0 ? args : [target.now()], own);
    const restore = [
      putBack,
      patch(Date, { now: () => read(now) }),
      patch(performance, { now: () => read(elapsed) }),
      patch(AbortSignal, { timeout: limit }),
      patch(globalThis, { Date: new Proxy(RealDate, { construct }) }),
    ];
    const passADay = (): void => {
      skipped.ms += DAY;
      for (const fire of [...due.values()]) fire();
    };
    await run(passADay, () => isRead).finally(() => {
      skipped.ms = 0;
      for (const undo of restore) undo();
    });
  });
}

/** Skips a day, then runs a function. */
export function runADayLater(run: () => Promise<unknown>): Promise<unknown> {
  return withDays((passADay) => {
    passADay();
    return run();
  });
}
