export type { Fetch, Middleware } from '@steadfetch/core';
export {
  type Breaker,
  type BreakerOptions,
  breaker,
  breakerOptions,
  type CircuitHooks,
  type CircuitSnapshot,
} from './breaker.ts';
export type { CircuitState } from './circuit.ts';
export {
  type CircuitBreakerMiddleware,
  type CircuitBreakerOptions,
  circuitBreaker,
  circuitBreakerOptions,
} from './circuit-breaker.ts';
export { CircuitOpenError } from './circuit-open-error.ts';
export { consecutive } from './consecutive.ts';
export { type NoSuccessOptions, noSuccess, noSuccessOptions } from './no-success.ts';
export type { Opening, OpenTime } from './open-time.ts';
export type { CircuitAttempt, Permit, Verdict } from './permit.ts';
export { anyOf, type Rule, type Sample, type Tally } from './rule.ts';
export type { IsFailure } from './verdict.ts';
export {
  type CountWindowOptions,
  countWindow,
  countWindowOptions,
  type RatioOptions,
  type TimeWindowOptions,
  timeWindow,
  timeWindowOptions,
} from './window.ts';
