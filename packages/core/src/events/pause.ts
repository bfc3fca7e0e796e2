import type { Call } from '../call/call.ts';
import { abortWith, onAbort, throwIfAborted } from '../time/abort.ts';
import { cancelError } from '../time/cancellable.ts';
import { type Clock, monotonic, sleep } from '../time/clock.ts';

/** The abort reason of a timer that `retryNow()` ends early. */
const RETRY_NOW: unique symbol = Symbol('now');

/** A wait that an observer can end. Made only if the call has an observer. */
export class Pause {
  readonly #clock: Clock;
  readonly #now: () => number;
  /** The end of the wait that the server asked for. `retryNow()` has no effect before it. */
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
    this.#end(RETRY_NOW);
    return true;
  };

  /** Whether an observer cancelled the call. */
  get cancelled(): boolean {
    const { aborted, reason } = this.#timer.signal;
    return aborted && reason !== RETRY_NOW;
  }

  /** @throws the `AbortError` of `cancel()` and the caller's abort reason */
  async sleep(ms: number, call: Call): Promise<void> {
    const { signal } = this.#timer;
    const release = onAbort(call.signal, (reason) => this.#end(reason));
    try {
      if (!signal.aborted) await sleep(ms, signal, this.#clock);
      throwIfAborted(signal);
    } catch (error) {
      if (error !== RETRY_NOW) throw error;
    } finally {
      this.#over = true;
      release();
    }
  }

  #end(reason: unknown): void {
    if (!this.#over) abortWith(this.#timer, reason);
  }
}
