import { exclusively } from './exclusively.ts';
import { watchTimers } from './watch-timers.ts';

/** Counts the timers that are set while `run` runs and are still active at its end. `left` returns those active so far. */
export function countTimers(run: (left: () => unknown[]) => Promise<unknown>): Promise<number> {
  return exclusively(async () => {
    const { left, restore } = watchTimers();
    await run(() => [...left.keys()]).finally(restore);
    return left.size;
  });
}
