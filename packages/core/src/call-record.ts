/** What the server answered last, kept when the response itself is discarded. */
export interface LastAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** How long the server asked to wait, in milliseconds from when it answered, if it did. */
  readonly retryAfter?: number;
}

/**
 * What one logical call has met so far: one object per call, shared by all layers that the call passes, through copies
 * and attempts. Layers write to it, and errors are made from it.
 */
export interface CallRecord {
  /** Requests handed to the plain `fetch`, whichever layer repeated them. */
  sends: number;
  /** What the call waits for inside a layer of ours, for error messages, e.g. `its turn in rateLimit()`. */
  waitingFor: string | undefined;
  lastAnswer: LastAnswer | undefined;
  /** Every attempt so far, for `keepHistory`: an error that ends the call from outside answers for them too. */
  history: readonly unknown[] | undefined;
  /** The field in which the call carries its key, where that is not `Idempotency-Key`. */
  keyField: string | undefined;
}

export function callRecord(): CallRecord {
  return { sends: 0, waitingFor: undefined, lastAnswer: undefined, history: undefined, keyField: undefined };
}
