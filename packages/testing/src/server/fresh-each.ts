import { optionError } from '@steadfetch/core/kit';
import { type HookRunner, hookRunner } from '../contract/test-runner.ts';

export type { HookRunner };

/** Anything with state: a stack of `standard()`, a budget, a breaker, a limiter. */
export interface Resettable {
  reset(): unknown;
}

/**
 * Calls `reset()` of all arguments before each test, so that each test of the file, or of the surrounding `describe`,
 * starts with fresh state. Needs vitest or a global `beforeEach`. For another runner, pass `{ beforeEach }` as the last argument.
 *
 * @example
 * freshEach(stack, budget, limiter);
 * freshEach(budget, { beforeEach }); // from node:test
 */
export function freshEach(...keepers: [...Resettable[], Resettable | HookRunner]): void {
  const last = keepers.at(-1);
  const given = isRunner(last) ? last : undefined;
  const each = keepers.slice(0, given ? -1 : undefined) as Resettable[];
  if (each.length === 0) throw new TypeError('freshEach: expected at least one object with reset()');
  each.forEach((keeper, position) => {
    if (typeof (keeper as Resettable | undefined)?.reset === 'function') return;
    throw optionError(`freshEach: position ${position}`, 'an object with reset()', keeper);
  });
  const { beforeEach } = given ?? hookRunner();
  beforeEach(async () => {
    for (const keeper of each) await keeper.reset();
  });
}

function isRunner(value: unknown): value is HookRunner {
  const { reset, beforeEach } = (value ?? {}) as Partial<Resettable & HookRunner>;
  return typeof reset !== 'function' && typeof beforeEach === 'function';
}
