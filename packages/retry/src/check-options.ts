import { checkFunction, checkNames, checkNumber, checkStatuses, optionError } from '@steadfetch/core/kit';
import type { RetryBudget } from '@steadfetch/retry-budget';
import type { RetryHooks } from './events.ts';

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw optionError(`retry: ${name}`, 'true or false', value);
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
    throw optionError('retry: budget', 'a retryBudget() or false', budget);
  }
  return budget;
}

/** A status below 400 is nobody's failure, unless `inspect` says so. */
export function checkFailures(statuses: unknown): ReadonlySet<number> {
  const checked = checkStatuses('retry: statuses', statuses);
  for (const status of checked) {
    if (status >= 400) continue;
    throw new RangeError(
      `retry: statuses: expected statuses from 400, got ${status}: inspect is asked about lower ones`,
    );
  }
  return checked;
}

const HOOKS = ['onRetry', 'onGiveUp', 'onRecover'] as const;

/** Of a class, which may have members of its own. */
function isInstance(hook: object): boolean {
  const prototype = Object.getPrototypeOf(hook);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

export function checkHooks(hooks: readonly RetryHooks[]): readonly RetryHooks[] {
  for (const hook of hooks) {
    const other = typeof hook !== 'object' || hook === null || isInstance(hook);
    if (other && !HOOKS.some((name) => name in Object(hook))) {
      throw optionError('retry: hooks', `an object with ${HOOKS.join(', ')}, or an array of such`, hook);
    }
    if (!other) checkNames('retry: hooks', hook, HOOKS);
    for (const name of HOOKS) optionalFunction(`hooks.${name}`, hook[name]);
  }
  return [...hooks];
}
