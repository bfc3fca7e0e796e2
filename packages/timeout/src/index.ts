export type { Fetch, Middleware } from '@steadfetch/core';
export { type TimeoutLimits, type TimeoutOptions, timeout, timeoutLimits } from './timeout.ts';
export { TimeoutError } from './timeout-error.ts';
