export { isThrottled } from './is-throttled.ts';
export { parseRateLimit, parseRateLimitPolicy, type RateLimit, type RateLimitPolicy } from './parse-rate-limit.ts';
export { type NowOption, parseRetryAfter } from './parse-retry-after.ts';
export type { HintedResponse } from './response.ts';
export { serverDelay, type ServerDelay } from './server-delay.ts';
export { serverQuota, type ServerQuota } from './server-quota.ts';
export { shouldRetryHint } from './should-retry-hint.ts';
