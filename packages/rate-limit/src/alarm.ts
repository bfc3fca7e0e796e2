import type { Clock } from '@steadfetch/core';

/** One timer at most: set to an earlier time it moves, and it can be stopped. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #due = Infinity;
  #stop: AbortController | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(now: number, ms: number): void {
    const due = now + ms;
    if (due >= this.#due) return;
    this.stop();
    this.#due = due;
    const stop = new AbortController();
    this.#stop = stop;
    const wake = () => {
      if (this.#stop !== stop) return;
      this.#stop = undefined;
      this.#due = Infinity;
      this.#ring();
    };
    this.#clock.sleep(ms, stop.signal).then(wake, () => {});
  }

  stop(): void {
    const stop = this.#stop;
    this.#stop = undefined;
    this.#due = Infinity;
    stop?.abort();
  }
}
