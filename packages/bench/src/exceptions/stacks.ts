import {
  compose,
  type Middleware,
  type RateLimitOptions,
  type RetryOptions,
  rateLimit,
  type StandardOptions,
  timeout,
} from 'steadfetch';
import { plainWith, standardWith } from '../harm/clients.ts';
import type { Member, MemberParts } from '../harm/live.ts';
import type { Stack } from './exception.ts';

/** What both stacks of a row have. */
export interface Common {
  /** @default 30_000 */
  readonly timeout?: number;
  /** @default 10_000, or half of `timeout` */
  readonly attemptTimeout?: number;
  /** @default 2 */
  readonly retry?: number;
}

/** `standard()` with these options, and a plain retry with the same limits and number of retries. */
export function beside(common: Common = {}, more: StandardOptions = {}): { ours: Stack; plain: Member; whole: number } {
  return { ours: standardStack({ ...common, ...more }), plain: plainStack(common), whole: common.timeout ?? 30_000 };
}

export function standardStack(options: StandardOptions = {}): Stack {
  return { text: `\`standard(${written(options)})\``, client: standardWith(options) };
}

/** The limit for the call, a retry without state, the limit for an attempt: half of the one for the call where that is short. */
export function plainStack(common: Common = {}, more: RetryOptions = {}): Member {
  const { timeout = 30_000, attemptTimeout = Math.min(10_000, timeout / 2), retry = 2 } = common;
  return plainWith({ maxRetries: retry, ...more }, { timeout, attemptTimeout });
}

/** `rateLimit()` under a limit for the call, with nothing else. */
export function limiterStack(options: RateLimitOptions = {}, whole = 30_000): Stack {
  return layers(`rateLimit(${written(options)})`, ({ clock, random }) => [
    timeout(whole, { clock }),
    rateLimit({ clock, random, ...options }),
  ]);
}

/** Layers of a stack, outermost first, and how one writes them. */
export function layers(code: string, make: (parts: MemberParts) => Middleware[]): Stack {
  return { text: `\`${code}\``, client: (fetch, parts) => compose(...make(parts))(fetch) };
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
