import { tell } from '../limits/hints.ts';
import type { Decision, LimitPlan } from '../limits/limit.ts';

/** What a server says about its limit in the headers of an answer. `at`: milliseconds since the start of the run. */
export type Tells = (decision: Decision, plan: LimitPlan, at: number) => Record<string, string>;

/** A run begins at this time. */
const START = Date.UTC(2025, 0, 1);
const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1_000)));

export const NOTHING: Tells = () => ({});

/** `Retry-After` in whole seconds on each refusal. */
export const RETRY_AFTER: Tells = (decision) => (decision.accepted ? {} : { 'retry-after': seconds(decision.wait) });

/** `Retry-After` with the same seconds on each refusal. */
export const asksFor =
  (wait: number): Tells =>
  ({ accepted }) =>
    accepted ? {} : { 'retry-after': String(wait) };

/** `RateLimit` and `RateLimit-Policy` on each answer, and `Retry-After` on refusals. */
export const POLICY: Tells = (decision, plan, at) => tell('fields', decision, plan, START + at).headers;

/** `X-RateLimit-*` on each answer, the reset in whole seconds from now, and `Retry-After` on refusals. */
export const SECONDS: Tells = (decision, plan, at) => ({
  ...SECONDS_ALONE(decision, plan, at),
  ...RETRY_AFTER(decision, plan, at),
});

/** The same without `Retry-After`. */
export const SECONDS_ALONE: Tells = (decision, plan) => ({
  ...counts(decision, plan),
  'x-ratelimit-reset': seconds(decision.renewed),
});

/** `X-RateLimit-*` with the same reset on each answer, in seconds, whatever is true. */
export const renewedIn =
  (reset: number): Tells =>
  (decision, plan) => ({ ...counts(decision, plan), 'x-ratelimit-reset': String(reset) });

/** `RateLimit` with what is left, under a policy that the server says it has, and `Retry-After` on refusals. */
export const asPolicy =
  (quota: number, window: number): Tells =>
  (decision, plan, at) => ({
    'ratelimit-policy': `"default";q=${quota};w=${window}`,
    ratelimit: `"default";r=${decision.remaining};t=${seconds(decision.renewed)}`,
    ...RETRY_AFTER(decision, plan, at),
  });

/** `X-RateLimit-*` on each answer, the reset as an instant in whole seconds, `Retry-After` on refusals, and no `Date`. */
export const INSTANT_WITHOUT_DATE: Tells = (decision, plan, at) => ({
  ...counts(decision, plan),
  'x-ratelimit-reset': String(Math.ceil((START + at + decision.renewed) / 1_000)),
  ...RETRY_AFTER(decision, plan, at),
});

function counts({ remaining }: Decision, { burst }: LimitPlan): Record<string, string> {
  return { 'x-ratelimit-limit': String(burst), 'x-ratelimit-remaining': String(Math.max(0, remaining)) };
}
