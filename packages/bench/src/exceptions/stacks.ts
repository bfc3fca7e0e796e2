import {
  compose,
  type RateLimitOptions,
  type RetryOptions,
  rateLimit,
  type StandardOptions,
  timeout,
} from 'steadfetch';
import { plainWith, standardWith } from '../harm/clients.ts';
import type { Client } from '../harm/live.ts';
import type { Stack } from './exception.ts';

/** What both stacks of a row have. */
export interface Common {
  /** @default 30_000 */
  readonly timeout?: number;
  /** @default 10_000 */
  readonly attemptTimeout?: number;
  /** @default 2 */
  readonly retry?: number;
}

/** `standard()` with these options, and a plain retry with the same limits and number of retries. */
export function beside(common: Common = {}, more: StandardOptions = {}): { ours: Stack; plain: Client; whole: number } {
  return { ours: standardStack({ ...common, ...more }), plain: plainStack(common), whole: common.timeout ?? 30_000 };
}

function standardStack(options: StandardOptions = {}): Stack {
  return { text: `standard(${written(options)})`, client: standardWith(options) };
}

/** The limit for the call, a retry without state, the limit for an attempt. */
export function plainStack(
  { timeout = 30_000, attemptTimeout = 10_000, retry = 2 }: Common,
  more: RetryOptions = {},
): Client {
  return plainWith({ maxRetries: retry, ...more }, { timeout, attemptTimeout });
}

/** `rateLimit()` under a limit for the call, with nothing else. */
export function limiterStack(options: RateLimitOptions = {}, whole = 30_000): Stack {
  const client: Client = (fetch, { clock, random }) =>
    compose(timeout(whole, { clock }), rateLimit({ clock, random, ...options }))(fetch);
  return { text: `rateLimit(${written(options)})`, client };
}

/** Options as one would write them: `{ timeout: 5_000, retry: { budget: false } }`. */
export function written(options: object): string {
  const fields = Object.entries(options).map(([name, value]) => `${name}: ${spelled(value)}`);
  return fields.length === 0 ? '' : `{ ${fields.join(', ')} }`;
}

function spelled(value: unknown): string {
  if (typeof value === 'number') return String(value).replace(/\B(?=(\d{3})+$)/g, '_');
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' && value !== null ? written(value) : String(value);
}
