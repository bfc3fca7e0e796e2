import type { Attempts } from './attempts.ts';

/**
 * The end of a call, for an `observe()` that the fetch begins with: it gets ky's whole loop as one call, with one start and one
 * end. A call that has sent nothing has neither.
 */
export class CallEnd {
  readonly #attempts: Attempts;
  #isEmitted = false;

  constructor(attempts: Attempts) {
    this.#attempts = attempts;
  }

  /** Emits how the call ends, once. */
  emit(ending: { response?: Response; error?: unknown }): void {
    const { session, observation } = this.#attempts;
    if (this.#isEmitted || !session) return;
    this.#isEmitted = true;
    const status = ending.response && { status: ending.response.status };
    observation?.end(session.call, { ...status, ...ending });
  }

  /** The call rejects with this. ky passes an `Error` to its `beforeError` hooks, and the first of them, ours, emits the end. For anything else it calls no hook. */
  reject(thrown: unknown): void {
    if (!(thrown instanceof Error)) this.emit({ error: thrown });
  }
}
