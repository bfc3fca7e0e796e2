import { type Clock, defineMiddleware, type Middleware, settle, unwrap } from '@steadfetch/core';
import { type RetryBudget, type RetryPermit, retryBudget } from '@steadfetch/retry-budget';

/** A rule for retries, with what it has to see of a client besides the outcomes. */
interface Rule {
  budget: RetryBudget | false;
  /** Sees calls. */
  around?: Middleware;
  /** Sees attempts. */
  inside?: Middleware;
}

export type RuleMaker = (clock: Clock) => Rule;

export const RULES: Readonly<Record<string, RuleMaker>> = {
  'no budget': () => ({ budget: false }),
  'no retries': () => ({ budget: { acquire: () => undefined, record: () => {} } }),
  'Finagle: 20 % and 10/s, 10 s': finagle,
  'gRPC A6: 10 tokens, 0.1': () => grpc(10, 0.1),
  'gRPC A6: 100 tokens, 0.5': () => grpc(100, 0.5),
  'AWS 2026: 500, 14/5': aws,
  'Envoy: 20 % of what is active, at least 3': envoy,
  steadfetch: (clock) => ({ budget: retryBudget({ clock }) }),
};

const PERMIT: RetryPermit = { release: () => {} };

/** Each call deposits a fifth of a retry for ten seconds, and there are ten retries a second besides. */
function finagle(clock: Clock): Rule {
  const slots = new Map<number, number>();
  const add = (amount: number) => {
    const second = Math.floor(clock.now() / 1_000);
    slots.set(second, (slots.get(second) ?? 0) + amount);
    for (const old of slots.keys()) if (old <= second - 10) slots.delete(old);
  };
  const balance = () => 100 + [...slots.values()].reduce((sum, amount) => sum + amount, 0);
  const acquire = () => {
    if (balance() < 1) return undefined;
    add(-1);
    return PERMIT;
  };
  const around = defineMiddleware((call, next) => {
    add(0.2);
    return next(call);
  });
  return { budget: { acquire, record: () => {} }, around };
}

/** Failures take one, successes give a part of one; no retries at or below half. */
function grpc(maxTokens: number, tokenRatio: number): Rule {
  let tokens = maxTokens;
  const acquire = () => (tokens > maxTokens / 2 ? PERMIT : undefined);
  const record: RetryBudget['record'] = (_key, outcome) => {
    tokens = outcome === 'success' ? Math.min(maxTokens, tokens + tokenRatio) : Math.max(0, tokens - 1);
  };
  return { budget: { acquire, record } };
}

/** A retry costs 14, one after throttling 5; a call that succeeds at once gives 1, after a retry what that cost. */
function aws(): Rule {
  let tokens = 500;
  const acquire: RetryBudget['acquire'] = (_key, kind) => {
    const cost = kind.endsWith('throttled') ? 5 : 14;
    if (tokens < cost) return undefined;
    tokens -= cost;
    return PERMIT;
  };
  const inside = defineMiddleware(async (call, next) => {
    const response = await next(call);
    if (response.ok) tokens = Math.min(500, tokens + (call.attempt > 1 ? 14 : 1));
    return response;
  });
  return { budget: { acquire, record: () => {} }, inside };
}

/** Retries under way, their waits among them, are a fifth of all calls under way, or three. */
function envoy(): Rule {
  let calls = 0;
  let retries = 0;
  const acquire = () => {
    if (retries >= Math.max(3, 0.2 * calls)) return undefined;
    retries++;
    return { release: () => void retries-- };
  };
  const around = defineMiddleware(async (call, next) => {
    calls++;
    const outcome = await settle(next(call));
    calls--;
    return unwrap(outcome);
  });
  const inside = defineMiddleware(async (call, next) => {
    const outcome = await settle(next(call));
    if (call.attempt > 1) retries--;
    return unwrap(outcome);
  });
  return { budget: { acquire, record: () => {} }, around, inside };
}
