export type { Fetch, Middleware } from '@steadfetch/core';
export { type AttemptsOptions, otelAttempts, resendCountHook } from './attempts.ts';
export { METRICS } from './metrics.ts';
export { type OtelOptions, otel } from './otel.ts';
