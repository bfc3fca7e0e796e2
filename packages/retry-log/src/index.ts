export {
  type CountRetriesOptions,
  countRetries,
  countRetriesOptions,
  type RetryCounter,
  type RetryLabels,
} from './count-retries.ts';
export type { AttemptEvent, GiveUpEvent, RecoverEvent, RetryEvent, RetryObserver } from './events.ts';
export { type LogCallsOptions, logCalls, logCallsOptions } from './log-calls.ts';
export { type LogRetriesOptions, logRetries, logRetriesOptions } from './log-retries.ts';
export type { LogStyle } from './log-style.ts';
export {
  type RetryMonitor,
  type RetryMonitorOptions,
  type RetryReport,
  retryMonitorOptions,
} from './monitor-options.ts';
export { retryMonitor } from './retry-monitor.ts';
