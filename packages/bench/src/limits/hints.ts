import type { Decision, LimitPlan } from './limit.ts';

/**
 * How a server tells its limit. `nothing`: status alone. `seconds`, `ms`: `Retry-After`, `retry-after-ms` on refusals.
 * `fields`: `RateLimit` and `RateLimit-Policy` on all answers, `Retry-After` on refusals. `x-fields`: `X-RateLimit-*`
 * on all answers. `long`: `Retry-After: 5`, whatever is true. The last two lie in their `RateLimit` fields: about the
 * policy (a burst a second), or about what is left (always a burst).
 */
export type Hint = 'nothing' | 'seconds' | 'ms' | 'fields' | 'x-fields' | 'long' | 'wrong-policy' | 'always-left';

export interface Told {
  readonly headers: Record<string, string>;
  /** How long the server asks to wait, in milliseconds. */
  readonly asked: number;
}

const LONG = 5;

/** What the answer to a request says about the limit. `now`: milliseconds since the epoch. */
export function tell(hint: Hint, decision: Decision, plan: LimitPlan, now: number): Told {
  const headers = quotaFields(hint, decision, plan, now);
  if (decision.accepted) return { headers, asked: 0 };
  const seconds = hint === 'long' ? LONG : Math.max(1, Math.ceil(decision.wait / 1_000));
  switch (hint) {
    case 'seconds':
    case 'long':
    case 'fields':
    case 'wrong-policy':
      return { headers: { ...headers, 'retry-after': String(seconds) }, asked: 1_000 * seconds };
    case 'ms': {
      const ms = Math.max(1, Math.ceil(decision.wait));
      return { headers: { ...headers, 'retry-after-ms': String(ms) }, asked: ms };
    }
    default:
      return { headers, asked: 0 };
  }
}

function quotaFields(hint: Hint, decision: Decision, plan: LimitPlan, now: number): Record<string, string> {
  const reset = Math.ceil((decision.accepted ? decision.renewed : decision.wait) / 1_000);
  switch (hint) {
    case 'fields':
      return rateLimitFields(plan.quota, plan.window / 1_000, decision.remaining, reset);
    case 'wrong-policy':
      return rateLimitFields(plan.burst, 1, decision.remaining, reset);
    case 'always-left':
      return rateLimitFields(plan.burst, 1, plan.burst, 1);
    case 'x-fields':
      return {
        date: new Date(now).toUTCString(),
        'x-ratelimit-limit': String(plan.burst),
        'x-ratelimit-remaining': String(decision.remaining),
        'x-ratelimit-reset': String(Math.ceil((now + decision.renewed) / 1_000)),
      };
    default:
      return {};
  }
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10. */
function rateLimitFields(quota: number, seconds: number, remaining: number, reset: number): Record<string, string> {
  return {
    'ratelimit-policy': `"default";q=${quota};w=${seconds}`,
    ratelimit: `"default";r=${remaining};t=${reset}`,
  };
}
