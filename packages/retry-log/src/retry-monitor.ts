import { type Call, defineMiddleware, type Middleware, monotonic, type Next, notify } from '@steadfetch/core';
import type { GiveUpEvent, RecoverEvent, RetryEvent } from './events.ts';
import {
  type MonitorSettings,
  type RetryMonitor,
  type RetryMonitorOptions,
  type RetryReport,
  readMonitorOptions,
} from './monitor-options.ts';
import { OpenCalls } from './open-calls.ts';
import { SlidingShare } from './sliding-share.ts';

/** One standard deviation of a share of one in five, per root of the calls. */
const CHANCE = 0.4;

/**
 * Measures the share of calls that need retries over a sliding window, and calls a hook when it becomes excessive and
 * when it is normal again: at half of the threshold, so that a share close to it is reported once. Its memory is
 * bounded, whatever the rate; it sets no timers, so it checks only when a call ends.
 *
 * It has hooks and, as `monitor.middleware`, a middleware. Without the middleware the share is that among calls which
 * failed at least once.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @example
 * const monitor = retryMonitor({ onExcessive: ({ share }) => page(`${share * 100} % of calls need retries`) });
 * const steady = compose(monitor.middleware, retry({ hooks: monitor }))(fetch);
 */
export function retryMonitor(options: RetryMonitorOptions): RetryMonitor {
  return new Monitor(options);
}

/** What is not a hook lives on the prototype: `retry` refuses hooks it does not know. */
class Monitor implements RetryMonitor {
  readonly onRetry: (event: RetryEvent) => void;
  readonly onGiveUp: (event: GiveUpEvent) => void;
  readonly onRecover: (event: RecoverEvent) => void;
  readonly #settings: MonitorSettings;
  readonly #share: SlidingShare;
  /** An abort in the first wait gives up at attempt 1, as a call does that is not retried. */
  readonly #retried = new OpenCalls();
  #excessive = false;
  /** Calls now inside the middleware, and how many of those that ended are counted by the hooks already. */
  #inside = 0;
  #counted = 0;
  /** First attempts under way, where the middleware is inside the retry. */
  #firstAttempts = 0;

  constructor(options: RetryMonitorOptions) {
    this.#settings = readMonitorOptions(options);
    this.#share = new SlidingShare(this.#settings.window, monotonic(this.#settings.clock));
    this.onRetry = ({ attempt, callId }) => {
      if (attempt > 1) return;
      this.#retried.open(callId);
      this.#add({ calls: 1, marked: 1 });
    };
    this.onGiveUp = ({ attempt, callId }) => {
      if (!this.#retried.close(callId) && attempt === 1) this.#add({ calls: 1 });
      this.#end();
    };
    this.onRecover = ({ callId }) => {
      this.#retried.close(callId);
      this.#end();
    };
  }

  get middleware(): Middleware {
    return defineMiddleware((call, next) =>
      call.retried === true || call.retried === 'last' ? this.#watchAttempt(call, next) : this.#watchCall(call, next),
    );
  }

  snapshot(): RetryReport & { readonly excessive: boolean } {
    const { calls, marked } = this.#share.count();
    return { calls, retried: marked, share: calls === 0 ? 0 : marked / calls, excessive: this.#excessive };
  }

  reset(): void {
    this.#share.reset();
    this.#excessive = false;
  }

  async #watchAttempt(call: Call, next: Next): Promise<Response> {
    if (call.attempt > 1) return next(call);
    this.#firstAttempts++;
    const response = await next(call).finally(() => this.#firstAttempts--);
    if (response.status < 400) this.#add({ calls: 1 });
    return response;
  }

  async #watchCall(call: Call, next: Next): Promise<Response> {
    this.#inside++;
    try {
      return await next(call);
    } finally {
      this.#inside--;
      if (this.#counted > 0) this.#counted--;
      else this.#add({ calls: 1 });
    }
  }

  /** A call that the hooks know of is about to leave the middleware. */
  #end(): void {
    this.#counted = Math.min(this.#counted + 1, this.#inside);
  }

  /**
   * Calls that may still need a retry. A failure is known at once, a success later.
   */
  #underWay(): number {
    return Math.max(0, this.#inside - this.#counted - this.#retried.count) + this.#firstAttempts;
  }

  #add(counts: { calls?: number; marked?: number }): void {
    this.#share.add(counts);
    const { excessive, ...report } = this.snapshot();
    if (excessive ? !this.#isNormal(report) : !this.#isExcessive(report)) return;
    this.#excessive = !excessive;
    notify(excessive ? this.#settings.onRecovered : this.#settings.onExcessive, report);
  }

  #isExcessive({ calls, retried }: RetryReport): boolean {
    const { threshold, minCalls } = this.#settings;
    return calls >= minCalls && retried >= threshold * (calls + this.#underWay());
  }

  /** Below by more than chance, which matters where calls are few. */
  #isNormal({ calls, retried }: RetryReport): boolean {
    const { normalBelow, minCalls } = this.#settings;
    return retried === 0 || (calls >= minCalls && retried + CHANCE * Math.sqrt(calls) < normalBelow * calls);
  }
}
