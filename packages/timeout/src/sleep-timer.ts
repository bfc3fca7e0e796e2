import type { Alarm, Time, Timer } from './start-timer.ts';

/** How many turns of the microtask queue a sleep takes at the least that waits for something. */
const TURNS = 10;
/** What an answer is given, in milliseconds of the machine, by a clock whose sleeps take no time. */
const GRACE = 1_000;

/**
 * A timer of any clock. One for tests may end a sleep at once. Nothing could answer before that, so the limit then
 * counts in real time.
 */
export class SleepTimer implements Timer {
  readonly #now: () => number;
  readonly #due: number;
  readonly #off = new AbortController();
  #real: ReturnType<typeof setTimeout> | undefined;

  constructor({ clock, now }: Time, ms: number, alarm: Alarm) {
    this.#now = now;
    let waits = false;
    const ring = () => {
      if (this.#off.signal.aborted) return;
      if (waits) alarm.expire();
      else this.#real = setTimeout(() => alarm.expire(), Math.min(ms, GRACE));
    };
    clock.sleep(ms, this.#off.signal).then(ring, () => {});
    void turns(TURNS).then(() => {
      waits = true;
    });
    // after the sleep has begun: it may have moved the clock
    this.#due = now() + ms;
  }

  remaining(): number {
    return this.#due - this.#now();
  }

  callOff(): void {
    this.#off.abort();
    clearTimeout(this.#real);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}
