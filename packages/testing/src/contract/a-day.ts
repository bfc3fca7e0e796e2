import { passed } from '../time/passed.ts';
import { exclusively } from './exclusively.ts';
import { patch } from './patch.ts';

const DAY = 86_400_000;

/** Runs it a day later, by the clocks of the platform and of the kit. Timers stay as they are. */
export function aDayLater(run: () => Promise<unknown>): Promise<unknown> {
  return exclusively(async () => {
    const [now, elapsed] = [Date.now, performance.now.bind(performance)];
    const restore = [patch(Date, { now: () => now() + DAY }), patch(performance, { now: () => elapsed() + DAY })];
    passed.ms = DAY;
    await run().finally(() => {
      passed.ms = 0;
      for (const undo of restore) undo();
    });
  });
}
