import type { Alarm, Timer } from './start-timer.ts';

type NextTick = (run: () => void) => void;
type Runtime = { process?: { nextTick?: NextTick } };

/** The timers that are not set yet, each linked to its neighbours. */
let first: LateTimer | undefined;
/** What was asked to set them. Another one, as of fake timers, is asked again. */
let asked: NextTick | undefined;

/**
 * A timer of the machine that is set only if it was not called off within the turn of the event loop: an answer that
 * is there at once, as from a cache, costs no timer.
 */
export class LateTimer implements Timer {
  readonly #now: () => number;
  readonly #due: number;
  readonly #alarm: Alarm;
  #waits = false;
  #off = false;
  #before: LateTimer | undefined;
  #after: LateTimer | undefined;
  #handle: ReturnType<typeof setTimeout> | undefined;

  constructor(now: () => number, ms: number, alarm: Alarm) {
    this.#now = now;
    this.#due = now() + ms;
    this.#alarm = alarm;
    const nextTick = (globalThis as Runtime).process?.nextTick;
    if (typeof nextTick !== 'function') this.#start(ms);
    else this.#wait(nextTick);
  }

  remaining(): number {
    return this.#due - this.#now();
  }

  callOff(): void {
    this.#off = true;
    if (this.#waits) this.#leave();
    else clearTimeout(this.#handle);
  }

  /** What has passed since counts: fake timers may have moved on, or the program was busy. */
  set(nextTick: NextTick): void {
    this.#leave();
    const left = this.remaining();
    if (left > 0) this.#start(left);
    else void this.#expireAfterAnswers(nextTick);
  }

  /** An answer that is there already comes first: all that is pending runs before the next tick. */
  async #expireAfterAnswers(nextTick: NextTick): Promise<void> {
    await undefined;
    nextTick(() => {
      if (!this.#off) this.#alarm.expire();
    });
  }

  #start(ms: number): void {
    this.#handle = setTimeout(() => this.#alarm.expire(), ms);
  }

  #wait(nextTick: NextTick): void {
    this.#waits = true;
    this.#after = first;
    if (first) first.#before = this;
    first = this;
    if (asked !== nextTick) nextTick(setAll);
    asked = nextTick;
  }

  #leave(): void {
    this.#waits = false;
    if (this.#before) this.#before.#after = this.#after;
    else first = this.#after;
    if (this.#after) this.#after.#before = this.#before;
    // a timer that is kept must not keep those that came after it
    this.#before = undefined;
    this.#after = undefined;
  }
}

function setAll(): void {
  const nextTick = asked!;
  asked = undefined;
  while (first) first.set(nextTick);
}
