import { bufferBody } from '@steadfetch/buffer-body';
import { type CircuitSnapshot, circuitBreaker } from '@steadfetch/circuit-breaker';
import { concurrency, type Occupancy } from '@steadfetch/concurrency';
import { compose, type Middleware } from '@steadfetch/core';
import { idempotencyKey } from '@steadfetch/idempotency-key';
import { type GateSnapshot, rateLimit } from '@steadfetch/rate-limit';
import { retry } from '@steadfetch/retry';
import { type BudgetSnapshot, retryBudget } from '@steadfetch/retry-budget';
import { timeout } from '@steadfetch/timeout';
import { checkRelations } from './check-relations.ts';
import { describeLayers } from './describe-layers.ts';
import type { StandardOptions } from './standard-options.ts';
import { planOf, type StandardPlan } from './standard-plan.ts';

/** The standard stack. It can describe its layers, and show and reset their state. */
export interface Standard extends Middleware {
  /** Returns the layers with their numbers: one line per layer, outermost first. */
  describe(): string;
  /** Returns the state of each layer that has one, by the name of the layer. Changes nothing. */
  snapshot(): StandardSnapshot;
  /** Forgets the state of one key, or of all keys. */
  reset(key?: string): void;
}

/** The state of the layers in the stack. */
export interface StandardSnapshot {
  /** By key. For a custom budget: what its `snapshot()` returns, if it has one. */
  retryBudget?: Record<string, BudgetSnapshot>;
  rateLimit?: GateSnapshot[];
  circuitBreaker?: Record<string, CircuitSnapshot>;
  concurrency?: Occupancy;
}

/** The name of a part of the stack that has state. */
export type Keeper = keyof StandardSnapshot;

/** A part of the stack that has state. A custom budget may lack these methods. */
interface Stateful {
  snapshot?(): unknown;
  reset?(key?: string): void;
}

/**
 * The standard stack with sensible defaults, in the one order that works:
 * `timeout (whole call) > idempotencyKey > concurrency > retry > rateLimit > circuitBreaker > bufferBody > timeout (attempt)`.
 *
 * By default it has the two timeouts and `retry`. An option adds each other layer. A layer is on by default only if it helps in
 * some everyday situation and harms in none (`pnpm bench harm`). The numbers are checked against each other when the stack is built.
 *
 * @throws {TypeError} for an option that does not exist or is of the wrong type
 * @throws {RangeError} if an attempt may take as long as the whole call, or a wait may take longer
 * @example const steady = standard({ timeout: 20_000, retry: { maxRetries: 3 } })(fetch);
 */
export function standard(options?: StandardOptions): Standard {
  const plan = planOf(options);
  const { layers, keepers } = build(plan);
  checkRelations(plan);
  return Object.assign(compose(...layers.map(([, , layer]) => layer)), {
    describe: () => describeLayers(layers),
    snapshot: () => Object.fromEntries(keepers.map(([name, state]) => [name, state.snapshot?.()])),
    reset: (key?: string) => {
      for (const [, state] of keepers) state.reset?.(key);
    },
  });
}

/** A layer, with its name and the options that it was made from. */
type NamedLayer = [name: string, options: object, layer: Middleware];

/** Builds the layers, outermost first. Also returns the parts that have state. */
function build(plan: StandardPlan): { layers: NamedLayer[]; keepers: [Keeper, Stateful][] } {
  const layers: NamedLayer[] = [];
  const add = <T extends object, L extends Middleware>(
    name: string,
    options: T | undefined,
    make: (options: T) => L,
  ) => {
    const layer = options && make(options);
    if (layer) layers.push([name, options, layer]);
    return layer;
  };
  const { clock, timeout: call, attemptTimeout: attempt } = plan;
  const budget = plan.retry && (plan.retry.budget ?? retryBudget({ clock }));
  add('timeout', call === undefined ? undefined : { call }, () => timeout(call!, { clock }));
  add('idempotencyKey', plan.idempotencyKey, idempotencyKey);
  const slots = add('concurrency', plan.concurrency, ({ max, ...options }) => concurrency(max, options));
  add('retry', plan.retry, (options) => retry({ ...options, budget: budget! }));
  const limiter = add('rateLimit', plan.rateLimit, rateLimit);
  const breaker = add('circuitBreaker', plan.circuitBreaker, circuitBreaker)?.breaker;
  add('bufferBody', plan.bufferBody, bufferBody);
  add('timeout', attempt && { attempt }, () => timeout(attempt!, { clock }));
  const parts = { retryBudget: budget, rateLimit: limiter, circuitBreaker: breaker, concurrency: slots };
  return { layers, keepers: Object.entries(parts).filter(([, state]) => state) as [Keeper, Stateful][] };
}
