import { exponentialOptions, fibonacciOptions, linearOptions } from '@steadfetch/backoff';
import { bufferBodyOptions } from '@steadfetch/buffer-body';
import {
  breakerOptions,
  circuitBreakerOptions,
  countWindowOptions,
  noSuccessOptions,
  timeWindowOptions,
} from '@steadfetch/circuit-breaker';
import { concurrencyOptions } from '@steadfetch/concurrency';
import { drainOptions, onlineOptions } from '@steadfetch/core';
import {
  checkBoolean,
  checkChoice,
  checkFunction,
  checkMs,
  checkNumber,
  MAX_TIMER,
  type Option,
  type OptionTable,
} from '@steadfetch/core/kit';
import { idempotencyKeyOptions } from '@steadfetch/idempotency-key';
import { decorrelatedJitterOptions, proportionalJitterOptions } from '@steadfetch/jitter';
import { rateLimitOptions } from '@steadfetch/rate-limit';
import { retryOptions } from '@steadfetch/retry';
import { retryBudgetOptions } from '@steadfetch/retry-budget';
import { countRetriesOptions, logRetriesOptions, retryMonitorOptions } from '@steadfetch/retry-log';
import { timeoutLimits } from '@steadfetch/timeout';
import { standardOptions } from './standard-plan.ts';

/** One option, as a field of a form. */
export interface OptionField {
  readonly name: string;
  /** `ms`: milliseconds. `other`: a value that no simple field can hold. */
  readonly kind: 'number' | 'integer' | 'ms' | 'boolean' | 'function' | 'choice' | 'other';
  /** Absent if the option has no default, or if its default depends on other options. */
  readonly default?: unknown;
  readonly min?: number;
  readonly max?: number;
  /** The values of a choice. */
  readonly values?: readonly unknown[];
}

/** The options of each function as data, by the name of the function: for forms and documentation. */
export const OPTIONS: Readonly<Record<string, OptionTable>> = {
  breaker: breakerOptions,
  bufferBody: bufferBodyOptions,
  circuitBreaker: circuitBreakerOptions,
  concurrency: concurrencyOptions,
  countRetries: countRetriesOptions,
  countWindow: countWindowOptions,
  decorrelatedJitter: decorrelatedJitterOptions,
  drain: drainOptions,
  exponential: exponentialOptions,
  fibonacci: fibonacciOptions,
  idempotencyKey: idempotencyKeyOptions,
  linear: linearOptions,
  logRetries: logRetriesOptions,
  noSuccess: noSuccessOptions,
  online: onlineOptions,
  proportionalJitter: proportionalJitterOptions,
  rateLimit: rateLimitOptions,
  retry: retryOptions,
  retryBudget: retryBudgetOptions,
  retryMonitor: retryMonitorOptions,
  standard: standardOptions,
  timeout: timeoutLimits,
  timeWindow: timeWindowOptions,
};

/** Returns the options of a table as fields of a form, in the order of the table. */
export function fieldsOf(table: OptionTable): OptionField[] {
  return Object.entries(table).map(([name, option]) => {
    const { default: value, min, max, values } = option;
    const kind = kindOf(option);
    const isNumeric = ['number', 'integer', 'ms'].includes(kind);
    const range = isNumeric && { min: min ?? 0, max: max ?? (kind === 'ms' ? MAX_TIMER : Infinity) };
    return { name, kind, ...range, ...(values && { values }), ...(value !== undefined && { default: value }) };
  });
}

function kindOf({ check, unit, integer, default: value }: Option): OptionField['kind'] {
  if (check === checkMs || unit === 'ms') return 'ms';
  if (check === checkNumber || typeof value === 'number') return integer ? 'integer' : 'number';
  return KINDS.get(check) ?? 'other';
}

const KINDS = new Map<unknown, OptionField['kind']>([
  [checkBoolean, 'boolean'],
  [checkFunction, 'function'],
  [checkChoice, 'choice'],
]);
