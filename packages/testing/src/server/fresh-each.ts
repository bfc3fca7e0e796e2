import { optionError } from '@steadfetch/core/kit';
import { type HookRunner, hookRunner } from '../contract/test-runner.ts';

export type { HookRunner };

/** Whatever keeps state: a stack of `standard()`, a budget, a breaker, a limiter. */
export interface Resettable {
  reset(): unknown;
}

/**
 * Has each test of the file, or of the `describe` that it stands in, begin with fresh state: calls `reset()` of all of
 * them before each. Needs vitest or a global `beforeEach`; for another runner, give its `beforeEach` last.
 *
 * @example
 * freshEach(stack, budget, limiter);
 * freshEach(budget, { beforeEach }); // that of node:test
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
