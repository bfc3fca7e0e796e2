import { exclusively } from './exclusively.ts';
import { patch } from './patch.ts';

const DAY = 86_400_000;

/** Runs what lets days pass: by all clocks, by the timers that were set before, and for signals that have a time limit. */
export function withDays(run: (passADay: () => void) => Promise<unknown>): Promise<unknown> {
  return exclusively(async () => {
    let passed = 0;
    const { Date: RealDate, setTimeout: start, clearTimeout: stop } = globalThis;
    const [now, elapsed] = [Date.now, performance.now.bind(performance)];
    const due = new Map<unknown, () => void>();
    const limit = (): AbortSignal => {
      const controller = new AbortController();
      due.set(controller, () => controller.abort(new DOMException('a day has passed', 'TimeoutError')));
      return controller.signal;
    };
    const set = (listener: (...rest: unknown[]) => void, ms?: number, ...rest: unknown[]): unknown => {
      const fire = (): void => {
        if (due.delete(timer)) listener(...rest);
      };
      const timer: unknown = start(fire, ms);
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
      patch(Date, { now: () => now() + passed }),
      patch(performance, { now: () => elapsed() + passed }),
      patch(AbortSignal, { timeout: limit }),
      patch(globalThis, { Date: new Proxy(RealDate, { construct }), setTimeout: set, clearTimeout: clear }),
    ];
    const passADay = (): void => {
      passed += DAY;
      for (const [timer, fire] of [...due]) {
        fire();
        due.delete(timer);
      }
    };
    await run(passADay).finally(() => {
      for (const undo of restore) undo();
    });
  });
}
