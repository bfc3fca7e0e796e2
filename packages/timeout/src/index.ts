export { type TimeoutLimits, type TimeoutOptions, timeout } from './timeout.ts';
export { TimeoutError } from './timeout-error.ts';
