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

/** Calls without an `end` event are forgotten, the oldest first. */
const MAX_CALLS = 10_000;

/**
 * Measures the share of calls that need retries over a sliding window, and calls a hook when it becomes excessive and
 * when it is normal again: at half of the threshold, so that a share close to it is reported once. Its memory is
 * bounded, whatever the rate; it sets no timers, so it checks only when a call is retried or ends.
 *
 * A listener for `observe`, which stands around `retry`.
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

/** `open`: sent, as far as is known, and not retried. `waiting`: at a gate or in a queue. */
type Progress = 'open' | 'waiting' | 'retried';

class Monitor {
  readonly #settings: MonitorSettings;
  readonly #share: SlidingShare;
  /** The calls under way. */
  readonly #calls = new Map<number, Progress>();
  #open = 0;
  #excessive = false;

  constructor(options: RetryMonitorOptions) {
    this.#settings = readMonitorOptions(options);
    this.#share = new SlidingShare(this.#settings.window, monotonic(this.#settings.clock));
  }

  /**
   * A call counts when its fate is known: at its first retry, also one that its budget refuses, whose wait is too long or that
   * might act twice, or at its end. One that our `timeout`, or that of ky, ends after it was sent counts as retried. One that fails before it is sent, as
   * where it is refused or waits, does not count.
   */
  record(event: SteadfetchEvent): void {
    const { type, callId } = event;
    const progress = this.#calls.get(callId);
    const action = 'action' in event ? event.action : undefined;
    if (type === 'start') this.#set(callId, 'open');
    else if ((type === 'wait' || type === 'budget' || isDenied(event)) && progress !== 'retried') {
      this.#set(callId, 'retried');
      this.#count(true);
    } else if (type === 'end') {
      const isSent = event.attempts > 0 || event.error === undefined;
      // one with several requests that was forgotten, as in a line of more than are remembered, has counted
      const isCounted = progress === undefined ? event.attempts === 1 : isSent && progress !== 'retried';
      this.#set(callId, undefined);
      if (isCounted) this.#count(isOutOfTime(event));
    } else if (action === 'wait' && progress === 'open') this.#set(callId, 'waiting');
    else if (type === 'attempt' && progress === 'waiting') this.#sent(callId);
  }

  /**
   * Without calls no hook is called, but `excessive` ends with the window: a process that gets no calls while it is true would never get
   * any again.
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
    if (progress === 'open') this.#open++;
    if (progress) this.#calls.set(callId, progress);
    else this.#calls.delete(callId);
    if (this.#calls.size > MAX_CALLS) this.#set(this.#calls.keys().next().value!, undefined);
  }

  /** Those that waited before the call were sent before it: no event says when a wait ends. */
  #sent(callId: number): void {
    for (const [id, progress] of this.#calls) {
      if (progress === 'waiting') this.#set(id, 'open');
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
   * Calls that were sent and may still need a retry count as not retried: a failure is known at once, a success later. Those that wait
   * to be sent do not: while the server is down, a line grows.
   */
  #isExcessive({ calls, retried }: RetryReport): boolean {
    const { threshold, minCalls } = this.#settings;
    return calls >= minCalls && retried >= threshold * (calls + this.#open);
  }

  /** Below half of the threshold by more than chance, one standard deviation of it, which matters where calls are few. */
  #isNormal({ calls, retried }: RetryReport): boolean {
    const { threshold, minCalls } = this.#settings;
    const chance = Math.sqrt(threshold * (1 - threshold) * calls);
    return retried === 0 || (calls >= minCalls && retried + chance < (threshold / 2) * calls);
  }
}

/** A retry that the call has no time for, as in a maintenance of an hour that the server tells, or that might act twice, as that of a POST. */
function isDenied(event: SteadfetchEvent): boolean {
  return event.type === 'give-up' && (event.ms !== undefined || /^(method|body)-not-/.test(event.reason));
}

/**
 * A call that our `timeout`, or that of ky, has ended. A caller's own limit, by `AbortSignal.timeout()`, may end most calls, as those
 * of long polls.
 */
function isOutOfTime({ error }: EventOf<'end'>): boolean {
  if (textOf(error, 'name') !== 'TimeoutError') return false;
  return textOf(error, 'phase') !== undefined || (error as { isKyError?: unknown }).isKyError === true;
}
