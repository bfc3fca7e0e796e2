import { monotonic, notify, type SteadfetchEvent } from '@steadfetch/core';
import {
  type MonitorSettings,
  type RetryMonitor,
  type RetryMonitorOptions,
  type RetryReport,
  readMonitorOptions,
} from './monitor-options.ts';
import { SlidingShare } from './sliding-share.ts';

/** One standard deviation of a share of one in five, per root of the calls. */
const CHANCE = 0.4;
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
  const monitor = new Monitor(readMonitorOptions(options));
  return Object.assign((event: SteadfetchEvent) => monitor.record(event), {
    snapshot: () => monitor.snapshot(),
    reset: () => monitor.reset(),
  });
}

class Monitor {
  readonly #settings: MonitorSettings;
  readonly #share: SlidingShare;
  /** The calls under way, each with whether it was retried. */
  readonly #calls = new Map<number, boolean>();
  #retried = 0;
  #excessive = false;

  constructor(settings: MonitorSettings) {
    this.#settings = settings;
    this.#share = new SlidingShare(settings.window, monotonic(settings.clock));
  }

  /**
   * A call counts when its fate is known: at its first retry, also one that its budget refuses or whose wait is too long, or at its
   * end. One that is refused before that was not sent, and does not count.
   */
  record(event: SteadfetchEvent): void {
    const { type, callId } = event;
    const isRetried = this.#calls.get(callId);
    if (type === 'start') this.#note(callId, false);
    else if ((type === 'wait' || type === 'budget' || isTooLong(event)) && !isRetried) {
      this.#note(callId, true);
      this.#count(true);
    } else if ('action' in event && event.action === 'refused' && !isRetried) this.#forget(callId);
    else if (type === 'end' && this.#forget(callId) === false) this.#count(false);
  }

  snapshot(): RetryReport & { readonly excessive: boolean } {
    const { calls, marked } = this.#share.count();
    return { calls, retried: marked, share: calls === 0 ? 0 : marked / calls, excessive: this.#excessive };
  }

  reset(): void {
    this.#share.reset();
    this.#excessive = false;
  }

  #note(callId: number, isRetried: boolean): void {
    this.#forget(callId);
    this.#calls.set(callId, isRetried);
    if (isRetried) this.#retried++;
    if (this.#calls.size > MAX_CALLS) this.#forget(this.#calls.keys().next().value!);
  }

  /** Whether the call was retried, if it was under way. */
  #forget(callId: number): boolean | undefined {
    const isRetried = this.#calls.get(callId);
    this.#calls.delete(callId);
    if (isRetried) this.#retried--;
    return isRetried;
  }

  #count(isRetried: boolean): void {
    this.#share.add(isRetried);
    const { excessive, ...report } = this.snapshot();
    if (excessive ? !this.#isNormal(report) : !this.#isExcessive(report)) return;
    this.#excessive = !excessive;
    notify(excessive ? this.#settings.onRecovered : this.#settings.onExcessive, report);
  }

  /** Calls that may still need a retry count as not retried: a failure is known at once, a success later. */
  #isExcessive({ calls, retried }: RetryReport): boolean {
    const { threshold, minCalls } = this.#settings;
    return calls >= minCalls && retried >= threshold * (calls + this.#calls.size - this.#retried);
  }

  /** Below by more than chance, which matters where calls are few. */
  #isNormal({ calls, retried }: RetryReport): boolean {
    const { normalBelow, minCalls } = this.#settings;
    return retried === 0 || (calls >= minCalls && retried + CHANCE * Math.sqrt(calls) < normalBelow * calls);
  }
}

/** A retry whose wait the call has no time for, as in a maintenance of an hour that the server tells. */
function isTooLong(event: SteadfetchEvent): boolean {
  return event.type === 'give-up' && event.ms !== undefined;
}
