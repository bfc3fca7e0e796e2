export { isThrottled } from './is-throttled.ts';
export { parseRateLimit, parseRateLimitPolicy, type RateLimit, type RateLimitPolicy } from './parse-rate-limit.ts';
export { type NowOption, parseRetryAfter } from './parse-retry-after.ts';
export type { HintedResponse } from './response.ts';
export { type ServerDelay, serverDelay } from './server-delay.ts';
export { type ServerQuota, serverQuota, serverQuotas } from './server-quota.ts';
export { shouldRetryHint } from './should-retry-hint.ts';
