/**
 * The members of an event of `retry` that this package reads. `@steadfetch/retry` is not imported, so any source of such
 * events works. Times are milliseconds.
 */
export interface AttemptEvent {
  readonly callId: number;
  readonly method: string;
  readonly url: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly elapsed: number;
  readonly cause: string;
  readonly response?: Response;
  readonly idempotencyKey?: string;
}

export interface RetryEvent extends AttemptEvent {
  readonly delay: number;
  readonly delaySource: string;
  readonly reason: string;
  readonly maxRetries: number;
}

export interface GiveUpEvent extends AttemptEvent {
  readonly reason: string;
  readonly delay?: number;
  readonly delaySource?: string;
}

export interface RecoverEvent extends AttemptEvent {
  readonly attempts: number;
}

/** What goes into the `hooks` option of `retry`. */
export interface RetryObserver {
  onRetry(event: RetryEvent): void;
  onGiveUp(event: GiveUpEvent): void;
  onRecover(event: RecoverEvent): void;
}
