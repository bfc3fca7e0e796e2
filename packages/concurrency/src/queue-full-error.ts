/** A call was refused here, before it was sent, because too many of its key were waiting already. */
export class QueueFullError extends Error {
  override readonly name: 'QueueFullError' = 'QueueFullError';
  readonly key: string;
  /** How many may be in flight. */
  readonly max: number;
  /** How many may wait. */
  readonly maxQueue: number;

  constructor(key: string, max: number, maxQueue: number) {
    super(`${key}: ${max} in flight and ${maxQueue} waiting already`);
    this.key = key;
    this.max = max;
    this.maxQueue = maxQueue;
  }
}
