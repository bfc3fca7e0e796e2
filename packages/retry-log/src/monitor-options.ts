import {
  type Clock,
  checkClock,
  checkFunction,
  checkMs,
  checkNames,
  checkNumber,
  type Middleware,
  systemClock,
} from '@steadfetch/core';
import type { RetryObserver } from './events.ts';

/** Of `calls` in the window, `retried` needed at least one retry. */
export interface RetryReport {
  readonly calls: number;
  readonly retried: number;
  /** `retried / calls`, 0 without calls. */
  readonly share: number;
}

export interface RetryMonitorOptions {
  /** How far back calls count, in milliseconds. @default 60_000 */
  window?: number;
  /** The share of retried calls, above 0 and up to 1, from which retries are excessive. @default 0.2 */
  threshold?: number;
  /**
   * The share below which retries are normal again, at most `threshold`: between the two nothing changes.
   * @default threshold / 2
   */
  normalBelow?: number;
  /** Calls in the window below which no hook is called. @default 20 */
  minCalls?: number;
  /** Called once when the share reaches the threshold, with calls in flight counted as not retried. */
  onExcessive: (report: RetryReport) => unknown;
  /** Called once when the share is below `normalBelow` again. */
  onRecovered?: (report: RetryReport) => unknown;
  clock?: Clock;
}

/** Hooks for `retry`, and the middleware that counts the calls which needed none. */
export interface RetryMonitor extends RetryObserver {
  /**
   * Counts the calls that succeed at once, for which `retry` calls no hook. Goes around `retry`. Inside it, as
   * under ky's loop, a first attempt counts when its status is below 400.
   */
  readonly middleware: Middleware;
  /** The counts of the window. Changes nothing. */
  snapshot(): RetryReport & { readonly excessive: boolean };
  /** Forgets the window, and that retries were excessive. Calls no hook. */
  reset(): void;
}

/** The options with every default filled in. */
export type MonitorSettings = Required<Omit<RetryMonitorOptions, 'onRecovered'>> &
  Pick<RetryMonitorOptions, 'onRecovered'>;

const NAMES = ['window', 'threshold', 'normalBelow', 'minCalls', 'onExcessive', 'onRecovered', 'clock'];

/** Checks the options and fills in the defaults. */
export function checkOptions(options: RetryMonitorOptions): MonitorSettings {
  checkNames('retryMonitor', options, NAMES);
  const { window = 60_000, threshold = 0.2, minCalls = 20, clock = systemClock, onExcessive, onRecovered } = options;
  checkNumber('retryMonitor: threshold', threshold, { min: 0.001, max: 1 });
  const { normalBelow = threshold / 2 } = options;
  if (onRecovered !== undefined) checkFunction('retryMonitor: onRecovered', onRecovered);
  return {
    ...(onRecovered && { onRecovered }),
    window: checkMs('retryMonitor: window', window, { min: 1 }),
    threshold,
    normalBelow: checkNumber('retryMonitor: normalBelow', normalBelow, { min: 0.0001, max: threshold }),
    minCalls: checkNumber('retryMonitor: minCalls', minCalls, { min: 1, max: 1_000_000_000, integer: true }),
    onExcessive: checkFunction('retryMonitor: onExcessive', onExcessive),
    clock: checkClock('retryMonitor', clock),
  };
}
