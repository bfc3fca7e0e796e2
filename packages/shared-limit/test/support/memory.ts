import type { Question, Reply } from '@steadfetch/shared-limit';
import type { ManualClock } from '@steadfetch/testing';

/** A place that keeps one number, as GCRA does: when the next slot is. Its clock is an hour behind. */
export class Memory {
  readonly asked: Question[] = [];
  /** When it was asked, from its start on, and the questions. */
  readonly times: number[] = [];
  readonly heard: Question[] = [];
  isDown = false;
  closings = 0;
  closedUntil = 0;
  backAt = 0;
  readonly #clock: ManualClock;
  readonly #begun: number;
  readonly #every: number;
  #next = 0;

  constructor(clock: ManualClock, every: number) {
    this.#clock = clock;
    this.#begun = clock.now();
    this.#every = every;
  }

  get now(): number {
    return this.#clock.now() - 3_600_000;
  }

  readonly ask = (_: string, question: Question): Reply => {
    this.asked.push(question);
    this.times.push(this.#clock.now() - this.#begun);
    if (this.isDown) throw new Error('down');
    this.heard.push(question);
    const { now } = this;
    const { refusal, want } = question;
    if (refusal && refusal.closedUntil === this.closedUntil) {
      this.closedUntil = now + (refusal.wait ?? 1_000) + 1;
      this.closings++;
    }
    const every = this.#every;
    const first = Math.max(this.#next, this.closedUntil, now);
    this.#next = first + want * every;
    const { closedUntil, backAt } = this;
    return { now, first, every, count: want, closedUntil, goodFor: 250, rate: 1 / every, burst: 1, backAt };
  };

  /** What was reported as accepted. */
  get accepted(): number {
    return this.heard.flatMap(({ accepted }) => accepted).reduce((sum, { cost }) => sum + cost, 0);
  }
}
