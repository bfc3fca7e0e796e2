import { type Call, type Clock, type Outcome, onAbort, throwIfAborted } from '@steadfetch/core';
import { sleep } from './sleep.ts';

/** What ends a wait early and lets the call go. */
const NOW: unique symbol = Symbol('now');

/** A wait that an observer can end. Made only where somebody observes the call. */
export class Pause {
  /** How the attempt before ended: the core forgets it, an event that follows has it. */
  readonly outcome: Outcome;
  readonly #clock: Clock;
  /** Before that the server does not want the call. */
  readonly #notBefore: number;
  readonly #timer = new AbortController();
  #over = false;

  constructor(outcome: Outcome, clock: Clock, asked: number | undefined) {
    this.outcome = outcome;
    this.#clock = clock;
    this.#notBefore = asked ? clock.now() + asked : -Infinity;
  }

  readonly cancel = (): void => {
    this.#end(new DOMException('The call was cancelled while it waited for a retry', 'AbortError'));
  };

  readonly retryNow = (): boolean => {
    if (this.#over || this.#timer.signal.aborted || this.#clock.now() < this.#notBefore) return false;
    this.#end(NOW);
    return true;
  };

  /** Whether an observer cancelled the call. */
  get cancelled(): boolean {
    const { aborted, reason } = this.#timer.signal;
    return aborted && reason !== NOW;
  }

  /** @throws the `AbortError` of `cancel()` and the caller's abort reason */
  async sleep(ms: number, call: Call): Promise<void> {
    const { signal } = this.#timer;
    const release = onAbort(call.signal, (reason) => this.#end(reason));
    try {
      if (!signal.aborted) await sleep(ms, signal, this.#clock);
      throwIfAborted(signal);
    } catch (error) {
      if (error !== NOW) throw error;
    } finally {
      this.#over = true;
      release();
    }
  }

  #end(reason: unknown): void {
    if (!this.#over) this.#timer.abort(reason);
  }
}
