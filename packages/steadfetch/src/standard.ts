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

/** The canonical stack, which can describe its layers, show their state and forget it. */
export interface Standard extends Middleware {
  /** The layers in order, outermost first, with their numbers: one line each. */
  describe(): string;
  /** The state of each layer that keeps one, by the name of the layer. Changes nothing. */
  snapshot(): StandardSnapshot;
  /** Forgets what was learned about one key, or about all. */
  reset(key?: string): void;
}

/** The state of the layers that are in the stack. */
export interface StandardSnapshot {
  /** By key. A budget of your own gives what its `snapshot` returns, if it has one. */
  retryBudget?: Record<string, BudgetSnapshot>;
  rateLimit?: GateSnapshot[];
  circuitBreaker?: Record<string, CircuitSnapshot>;
  concurrency?: Occupancy;
}

/** What keeps state in the stack. */
export type Keeper = keyof StandardSnapshot;

interface Kept {
  snapshot?(): unknown;
  reset?(key?: string): void;
}

/**
 * The canonical stack with sane numbers, in the one order that works:
 * `timeout (whole call) > idempotencyKey > concurrency > retry > rateLimit > circuitBreaker > bufferBody > timeout (attempt)`.
 *
 * By default it has the two timeouts and `retry`. Every other layer is added by its option: a layer is on by default only
 * if it helps in some everyday situation and harms in none (`pnpm bench harm`). The numbers are checked against
 * each other when the stack is built.
 *
 * @throws {TypeError} for an option that does not exist or is of the wrong type
 * @throws {RangeError} when an attempt may take as long as the whole call, or a wait longer
 * @example const steady = standard({ timeout: 20_000, retry: { maxRetries: 3 } })(fetch);
 */
export function standard(options?: StandardOptions): Standard {
  const plan = planOf(options);
  const { layers, kept } = build(plan);
  checkRelations(plan);
  return Object.assign(compose(...layers.map(([, , layer]) => layer)), {
    describe: () => describeLayers(layers),
    snapshot: () => Object.fromEntries(kept.map(([name, state]) => [name, state.snapshot?.()])),
    reset: (key?: string) => {
      for (const [, state] of kept) state.reset?.(key);
    },
  });
}

/** A layer, and what it was made from. */
type NamedLayer = [name: string, options: object, layer: Middleware];

/** The layers, outermost first, and what keeps state in them. */
function build(plan: StandardPlan): { layers: NamedLayer[]; kept: [Keeper, Kept][] } {
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
  const keepers = { retryBudget: budget, rateLimit: limiter, circuitBreaker: breaker, concurrency: slots };
  return { layers, kept: Object.entries(keepers).filter(([, state]) => state) as [Keeper, Kept][] };
}
