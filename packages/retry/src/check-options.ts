import { checkFunction, checkNames, checkNumber } from '@steadfetch/core';
import type { RetryBudget } from '@steadfetch/retry-budget';
import type { RetryHooks } from './events.ts';

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`retry: ${name}: expected true or false, got ${String(value)}`);
  return value;
}

export function optionalFunction<T>(name: string, value: T): T {
  return value === undefined ? value : checkFunction(`retry: ${name}`, value);
}

export function spreadOf(serverHints: boolean | { spread?: number }): number {
  if (typeof serverHints === 'boolean') return 0.2;
  checkNames('retry: serverHints', serverHints, ['spread']);
  return checkNumber('retry: serverHints.spread', serverHints.spread === undefined ? 0.2 : serverHints.spread, {
    max: 1,
  });
}

export function checkBudget(budget: RetryBudget): RetryBudget {
  if (typeof budget?.acquire !== 'function' || typeof budget.record !== 'function') {
    throw new TypeError(`retry: budget: expected a retryBudget() or false, got ${String(budget)}`);
  }
  return budget;
}

const HOOKS = ['onRetry', 'onGiveUp', 'onRecover'] as const;

/** Of a class, which may have members of its own. */
function isInstance(hook: unknown): boolean {
  const prototype = Object(hook) === hook ? Object.getPrototypeOf(hook) : null;
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

export function checkHooks(hooks: readonly RetryHooks[]): readonly RetryHooks[] {
  for (const hook of hooks) {
    checkNames('retry: hooks', isInstance(hook) ? {} : hook, HOOKS);
    for (const name of HOOKS) optionalFunction(`hooks.${name}`, hook[name]);
  }
  return hooks;
}
