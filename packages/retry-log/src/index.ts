export { type CountRetriesOptions, countRetries, type RetryCounter, type RetryLabels } from './count-retries.ts';
export type { AttemptEvent, GiveUpEvent, RecoverEvent, RetryEvent, RetryObserver } from './events.ts';
export { type LogRetriesOptions, logRetries } from './log-retries.ts';
export type { LogStyle } from './log-style.ts';
export type { RetryMonitor, RetryMonitorOptions, RetryReport } from './monitor-options.ts';
export { retryMonitor } from './retry-monitor.ts';
