/** Tells which wait was too long, and how long it was allowed to be. */
export class TimeoutError extends Error {
  override readonly name: 'TimeoutError' = 'TimeoutError';
  /** `headers`: no response came. `body`: a response came, and then its body stood still. */
  readonly phase: 'headers' | 'body';
  /** In milliseconds. */
  readonly limit: number;

  constructor(phase: 'headers' | 'body', limit: number, source: string) {
    super(`no ${phase === 'headers' ? 'response' : 'part of the body'} within ${limit} ms from ${source}`);
    this.phase = phase;
    this.limit = limit;
  }
}
