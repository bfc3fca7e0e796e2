import { type EventOf, monotonic, notify, type SteadfetchEvent } from '@steadfetch/core';
import { textOf } from '@steadfetch/core/kit';
import {
  type MonitorSettings,
  type RetryMonitor,
  type RetryMonitorOptions,
  type RetryReport,
  readMonitorOptions,
} from './monitor-options.ts';
import { SlidingShare } from './sliding-share.ts';

/** How many calls in progress are remembered. With more, as when calls never end, the oldest is forgotten. */
const MAX_CALLS = 10_000;

/**
 * A listener for `observe` that measures which share of calls needs retries, over a sliding window. Calls one hook when the share becomes
 * excessive, and another when it is normal again. Normal is below half of the threshold, so that a share close to the threshold is
 * reported once. Put the `observe` outside of `retry`.
 *
 * Memory is bounded at any call rate. Sets no timers: checks the share only when a call is retried or ends.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @example
 * const monitor = retryMonitor({ onExcessive: ({ share }) => page(`${share * 100} % of calls need retries`) });
 * const steady = compose(observe(monitor), retry())(fetch);
 */
export function retryMonitor(options: RetryMonitorOptions): RetryMonitor {
  const monitor = new Monitor(options);
  return Object.assign((event: SteadfetchEvent) => monitor.record(event), { snapshot: () => monitor.snapshot() });
}

/** `open`: sent, as far as events show, and not retried. `waiting`: held at a gate or in a queue. `retried`: counted already. */
type Progress = 'open' | 'waiting' | 'retried';

class Monitor {
  readonly #settings: MonitorSettings;
  readonly #share: SlidingShare;
  /** The calls that have not ended, by their `callId`. */
  readonly #calls = new Map<number, Progress>();
  /** Those that are `waiting`, in the order in which they began to wait. */
  readonly #waiting = new Set<number>();
  /** How many calls are `open`. */
  #open = 0;
  #excessive = false;

  constructor(options: RetryMonitorOptions) {
    this.#settings = readMonitorOptions(options);
    this.#share = new SlidingShare(this.#settings.window, monotonic(this.#settings.clock));
  }

  /**
   * Counts a call as retried at its first retry, even if no retry follows because of the budget, a long wait, or a request that is not
   * safe to repeat; also if a timeout of ours or of ky ends it after it was sent. Counts any other call at its end, unless it was never sent.
   */
  record(event: SteadfetchEvent): void {
    const { type, callId } = event;
    const progress = this.#calls.get(callId);
    const action = 'action' in event ? event.action : undefined;
    if (type === 'start') this.#set(callId, 'open');
    else if ((type === 'wait' || type === 'budget' || isRetryDenied(event)) && progress !== 'retried') {
      this.#set(callId, 'retried');
      this.#count(true);
    } else if (type === 'end') {
      const isSent = event.attempts > 0 || event.error === undefined;
      // a call that was forgotten was counted at its first retry if it had more than one attempt
      const isCounted = progress === undefined ? event.attempts === 1 : isSent && progress !== 'retried';
      this.#set(callId, undefined);
      if (isCounted) this.#count(isTimeout(event));
    } else if (action === 'wait' && progress === 'open') this.#set(callId, 'waiting');
    else if (type === 'attempt' && progress === 'waiting') this.#markSent(callId);
  }

  /**
   * `excessive` is false once the share is normal, also if no calls come and so no hook is called. Otherwise a process that accepts no calls
   * while `excessive` is true would never accept one again.
   */
  snapshot(): RetryReport & { readonly excessive: boolean } {
    const report = this.#report();
    return { ...report, excessive: this.#excessive && !this.#isNormal(report) };
  }

  #report(): RetryReport {
    const { calls, marked } = this.#share.count();
    return { calls, retried: marked, share: calls === 0 ? 0 : marked / calls };
  }

  #set(callId: number, progress: Progress | undefined): void {
    if (this.#calls.get(callId) === 'open') this.#open--;
    this.#waiting.delete(callId);
    if (progress === 'open') this.#open++;
    if (progress === 'waiting') this.#waiting.add(callId);
    if (progress) this.#calls.set(callId, progress);
    else this.#calls.delete(callId);
    if (this.#calls.size > MAX_CALLS) this.#set(this.#calls.keys().next().value!, undefined);
  }

  /** Marks this call as sent, and the calls that began to wait before it: no event says when a wait ends. */
  #markSent(callId: number): void {
    for (const id of this.#waiting) {
      this.#set(id, 'open');
      if (id === callId) break;
    }
  }

  #count(isRetried: boolean): void {
    this.#share.add(isRetried);
    const report = this.#report();
    const excessive = this.#excessive;
    if (excessive ? !this.#isNormal(report) : !this.#isExcessive(report)) return;
    this.#excessive = !excessive;
    notify(excessive ? this.#settings.onRecovered : this.#settings.onExcessive, report);
  }

  /**
   * Calls in flight count as not retried, since failures are often faster than successes. Calls that wait to be sent do not count: their
   * number grows while the server is down.
   */
  #isExcessive({ calls, retried }: RetryReport): boolean {
    const { threshold, minCalls } = this.#settings;
    return calls >= minCalls && retried >= threshold * (calls + this.#open);
  }

  /** Whether the share is below half of the threshold by more than one standard deviation. With few calls a smaller difference is chance. */
  #isNormal({ calls, retried }: RetryReport): boolean {
    const { threshold, minCalls } = this.#settings;
    const deviation = Math.sqrt(threshold * (1 - threshold) * calls);
    return retried === 0 || (calls >= minCalls && retried + deviation < (threshold / 2) * calls);
  }
}

/** Whether a call needed a retry that was not made: the server asked for too long a wait, or the request is not safe to repeat (a POST). */
function isRetryDenied(event: SteadfetchEvent): boolean {
  return event.type === 'give-up' && (event.ms !== undefined || /^(method|body)-not-/.test(event.reason));
}

/** Whether a timeout of ours or of ky ended the call. A caller's `AbortSignal.timeout()` does not count: it ends most long polls. */
function isTimeout({ error }: EventOf<'end'>): boolean {
  if (textOf(error, 'name') !== 'TimeoutError') return false;
  return textOf(error, 'phase') !== undefined || (error as { isKyError?: unknown }).isKyError === true;
}
