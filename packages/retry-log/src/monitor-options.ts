import type { Clock, SteadfetchEvent } from '@steadfetch/core';
import { checkFunction, checkMs, checkNumber, clockOption, type OptionTable, readOptions } from '@steadfetch/core/kit';

/** Counts of calls in the window. */
export interface RetryReport {
  readonly calls: number;
  /** Calls that needed a retry, made or not, or that a `timeout()` ended after they were sent. */
  readonly retried: number;
  /** `retried / calls`, 0 without calls. */
  readonly share: number;
}

export interface RetryMonitorOptions {
  /** The length of the window, in milliseconds. @default 60_000 */
  window?: number;
  /** Retries are excessive if at least this share of calls needs one, from 0.001 to 1. @default 0.2 */
  threshold?: number;
  /** With fewer calls in the window, `onExcessive` is not called, and `onRecovered` only if none of them needed a retry. @default 20 */
  minCalls?: number;
  /** Called once when the share reaches the threshold. For this check a call in flight counts as not retried. */
  onExcessive: (report: RetryReport) => unknown;
  /** Called once when the share has fallen below half of the threshold. */
  onRecovered?: (report: RetryReport) => unknown;
  clock?: Clock;
}

/** A listener for `observe` that also returns its counts. */
export interface RetryMonitor {
  (event: SteadfetchEvent): void;
  /** Returns the counts of the window. Has no side effects. */
  snapshot(): RetryReport & { readonly excessive: boolean };
}

const OPTIONS = {
  window: { check: checkMs, default: 60_000, min: 1 },
  threshold: { check: checkNumber, default: 0.2, min: 0.001, max: 1 },
  minCalls: { check: checkNumber, default: 20, min: 1, max: 1_000_000_000, integer: true },
  onExcessive: { check: checkFunction },
  onRecovered: { check: checkFunction },
  clock: clockOption,
} satisfies OptionTable<RetryMonitorOptions>;

/** The options as data: the check and the default of each. */
export const retryMonitorOptions: OptionTable<RetryMonitorOptions> = OPTIONS;

export type MonitorSettings = Required<Omit<RetryMonitorOptions, 'onRecovered'>> & {
  readonly onRecovered: RetryMonitorOptions['onRecovered'];
};

export function readMonitorOptions(options: RetryMonitorOptions): MonitorSettings {
  const settings = readOptions('retryMonitor', OPTIONS, options);
  return { ...settings, onExcessive: checkFunction('retryMonitor: onExcessive', settings.onExcessive!) };
}
