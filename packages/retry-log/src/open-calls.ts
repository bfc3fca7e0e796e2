const MAX_CALLS = 1_000;

/**
 * The calls that were retried and have not ended yet, the latest of them: calls whose end is never reported are dropped.
 */
export class OpenCalls {
  readonly #ids = new Set<number>();

  open(callId: number): void {
    this.#ids.add(callId);
    if (this.#ids.size > MAX_CALLS) this.#ids.delete(this.#ids.values().next().value!);
  }

  get count(): number {
    return this.#ids.size;
  }

  /** Whether it was open. */
  close(callId: number): boolean {
    return this.#ids.delete(callId);
  }
}
