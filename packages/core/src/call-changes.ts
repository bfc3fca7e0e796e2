import type { HeadersInit, RequestInfo } from './platform-types.ts';
import type { Retried } from './retried.ts';

/** What `call.with()` can change. A member that is left out stays as it was. */
export interface CallChanges {
  input?: RequestInfo | URL;
  /** Replaces the whole init; merged with `headers` and `signal` where they are set too. */
  init?: RequestInit | undefined;
  /** Replaces the effective headers. */
  headers?: HeadersInit;
  signal?: AbortSignal;
  attempt?: number;
  /** Time left before a deadline, in milliseconds, read when asked. The nearest deadline counts. */
  remaining?: () => number;
  /** True below a `retry`, `last` where no attempt will follow, `off` where `retry: false` was asked for. */
  retried?: Retried;
}
