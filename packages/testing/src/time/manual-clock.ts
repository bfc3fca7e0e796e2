import { type Clock, onAbort } from '@steadfetch/core';
import { checkNumber } from '@steadfetch/core/kit';
import { macrotask } from '../contract/macrotask.ts';
import { type ClockOptions, checkTime, clockStart } from './clock-start.ts';
import { skipped } from './skipped.ts';
import { Turns } from './turns.ts';

/** A clock that only `advance` and `runAll` move. */
export interface ManualClock extends Clock {
  /** The number of sleeps that are waiting. 0 after an abort means that no timer is left. */
  readonly pending: number;
  /** Moves the clock forward by `ms`. Sleeps end in the order they are due, each at its own instant. Overlapping calls run one after another. */
  advance(ms: number): Promise<void>;
  /** Moves the clock forward until no sleep is waiting, by at most `limit` milliseconds. */
  runAll(limit?: number): Promise<void>;
}

interface Sleeper {
  due: number;
  wake: () => void;
}

/**
 * A clock for tests that moves only by `advance` and `runAll`. After each sleep that they end, all runnable code runs
 * before they continue.
 *
 * @example
 * const call = rateLimit({ clock })(fetch)(url);
 * await clock.advance(1_000);
 */
export function manualClock(options: ClockOptions = {}): ManualClock {
  const sleepers = new Set<Sleeper>();
  const turns = new Turns();
  let time = clockStart('manualClock', options);

  const next = (): Sleeper | undefined => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (!first || sleeper.due < first.due) first = sleeper;
    }
    return first;
  };

  async function advanceTo(end: number): Promise<void> {
    await settled();
    for (let sleeper = next(); sleeper && sleeper.due <= end; sleeper = next()) {
      time = Math.max(time, sleeper.due);
      sleepers.delete(sleeper);
      sleeper.wake();
      await settled();
    }
    time = Math.max(time, end);
  }

  async function runAllTo(end: number): Promise<void> {
    await settled();
    for (let sleeper = next(); sleeper && sleeper.due <= end; sleeper = next()) await advanceTo(sleeper.due);
  }

  return {
    get pending() {
      return sleepers.size;
    },
    now: () => time + skipped.ms,
    advance: async (ms) => {
      checkNumber('manualClock: advance', ms, { max: 8.64e15 }); // never back: no sleep would end
      return turns.take(() => advanceTo(time + ms));
    },
    runAll: async (limit = 86_400_000) => {
      checkNumber('manualClock: runAll', limit);
      return turns.take(() => runAllTo(time + limit));
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const wake = () => {
          release();
          resolve();
        };
        const sleeper: Sleeper = { due: time + Math.max(0, checkTime('manualClock: sleep', ms)), wake };
        sleepers.add(sleeper);
        const release = onAbort(signal, (reason) => {
          sleepers.delete(sleeper);
          reject(reason);
        });
      }),
  };
}

/** Lets pending microtasks and stream work run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await macrotask();
}
