import type { Clock, SteadfetchEvent } from '@steadfetch/core';
import { checkFunction, checkMs, checkNumber, clockOption, type OptionTable, readOptions } from '@steadfetch/core/kit';

/** Of `calls` in the window, `retried` needed at least one retry, made or not, or were ended by a `timeout()` after they were sent. */
export interface RetryReport {
  readonly calls: number;
  readonly retried: number;
  /** `retried / calls`, 0 without calls. */
  readonly share: number;
}

export interface RetryMonitorOptions {
  /** How far back calls count, in milliseconds. @default 60_000 */
  window?: number;
  /** The share of calls that need a retry, from 0.001 to 1, from which retries are excessive. @default 0.2 */
  threshold?: number;
  /** Calls in the window below which no hook is called. @default 20 */
  minCalls?: number;
  /** Called once when the share reaches the threshold. Calls that were sent and have not ended count as not retried there. */
  onExcessive: (report: RetryReport) => unknown;
  /** Called once when the share is below half of the threshold again. */
  onRecovered?: (report: RetryReport) => unknown;
  clock?: Clock;
}

/** A listener for `observe`, with what it has counted. */
export interface RetryMonitor {
  (event: SteadfetchEvent): void;
  /** The counts of the window. Changes nothing. */
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

/** The options as data: what each may be, and its default. */
export const retryMonitorOptions: OptionTable<RetryMonitorOptions> = OPTIONS;

/** The options with every default filled in. */
export type MonitorSettings = Required<Omit<RetryMonitorOptions, 'onRecovered'>> & {
  readonly onRecovered: RetryMonitorOptions['onRecovered'];
};

/** Checks the options and fills in the defaults. */
export function readMonitorOptions(options: RetryMonitorOptions): MonitorSettings {
  const settings = readOptions('retryMonitor', OPTIONS, options);
  return { ...settings, onExcessive: checkFunction('retryMonitor: onExcessive', settings.onExcessive!) };
}
