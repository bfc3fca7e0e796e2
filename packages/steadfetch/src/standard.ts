import { bufferBody } from '@steadfetch/buffer-body';
import { circuitBreaker } from '@steadfetch/circuit-breaker';
import { concurrency } from '@steadfetch/concurrency';
import { type Clock, compose, type Middleware } from '@steadfetch/core';
import { idempotencyKey } from '@steadfetch/idempotency-key';
import { rateLimit } from '@steadfetch/rate-limit';
import { retry } from '@steadfetch/retry';
import { timeout } from '@steadfetch/timeout';
import { checkRelations } from './check-relations.ts';
import { describePlan } from './describe-plan.ts';
import type { StandardConcurrency, StandardOptions } from './standard-options.ts';
import { planOf, type StandardPlan } from './standard-plan.ts';

/** The canonical stack, which can say what it is made of. */
export interface Standard extends Middleware {
  /** The layers in order, outermost first, with their numbers: one line each. */
  describe(): string;
}

/**
 * The canonical stack with sane numbers, in the one order that works:
 * `timeout (whole call) > idempotencyKey > retry > rateLimit > circuitBreaker > concurrency > bufferBody > timeout (attempt)`.
 *
 * By default there are the two timeouts and `retry`. Every other layer is added by its option: a part is on by default
 * only if it helps in some everyday situation and does harm in none (`pnpm bench harm`). The numbers are checked against
 * each other when the stack is built.
 *
 * @throws {TypeError} for an option that does not exist or is of the wrong type
 * @throws {RangeError} when an attempt may take as long as the whole call, or a wait longer
 * @example const steady = standard({ timeout: 20_000, retry: { maxRetries: 3 } })(fetch);
 */
export function standard(options: StandardOptions = {}): Standard {
  const plan = planOf(options);
  const layers = layersOf(plan, options.clock);
  checkRelations(plan);
  const stack = compose(...layers);
  return Object.assign((next: Parameters<Middleware>[0]) => stack(next), { describe: () => describePlan(plan) });
}

function layersOf(plan: StandardPlan, clock: Clock | undefined): Middleware[] {
  const timing = clock ? { clock } : {};
  const layers = [
    plan.timeout !== undefined && timeout(plan.timeout, timing),
    plan.idempotencyKey && idempotencyKey(plan.idempotencyKey),
    plan.retry && retry(plan.retry),
    plan.rateLimit && rateLimit(plan.rateLimit),
    plan.circuitBreaker && circuitBreaker(plan.circuitBreaker),
    plan.concurrency && bulkhead(plan.concurrency),
    plan.bufferBody && bufferBody(plan.bufferBody),
    plan.attemptTimeout && timeout(plan.attemptTimeout, timing),
  ];
  return layers.filter((layer) => typeof layer === 'function');
}

function bulkhead({ max, ...options }: StandardConcurrency): Middleware {
  return concurrency(max, options);
}
