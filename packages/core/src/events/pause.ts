import type { Call } from '../call/call.ts';
import { abortWith, onAbort, throwIfAborted } from '../time/abort.ts';
import { cancelError } from '../time/cancellable.ts';
import { type Clock, monotonic, sleep } from '../time/clock.ts';

/** What ends a wait early and lets the call go. */
const NOW: unique symbol = Symbol('now');

/** A wait that an observer can end. Made only where somebody observes the call. */
export class Pause {
  readonly #clock: Clock;
  readonly #now: () => number;
  /** Before that the server does not want the call. */
  readonly #notBefore: number;
  readonly #timer = new AbortController();
  #over = false;

  constructor(clock: Clock, asked: number | undefined) {
    this.#clock = clock;
    this.#now = monotonic(clock);
    this.#notBefore = asked ? this.#now() + asked : -Infinity;
  }

  readonly cancel = (reason?: unknown): void => this.#end(cancelError(reason));

  readonly retryNow = (): boolean => {
    if (this.#over || this.#timer.signal.aborted || this.#now() < this.#notBefore) return false;
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
    if (!this.#over) abortWith(this.#timer, reason);
  }
}
