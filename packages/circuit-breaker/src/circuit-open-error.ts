/** A call that was not made, because its server keeps failing. */
export class CircuitOpenError extends Error {
  override readonly name: string = 'CircuitOpenError';
  /** Milliseconds until it is worth calling again. */
  readonly retryAfter: number;
  /** Whose circuit it is: the origin, unless `key` says otherwise. */
  readonly key: string;

  constructor({ key, retryAfter }: { key: string; retryAfter: number }) {
    super(`The circuit for ${key} is open, worth another call in ${retryAfter} ms`);
    this.retryAfter = retryAfter;
    this.key = key;
  }
}
