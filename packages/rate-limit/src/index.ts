export type { Fetch, Middleware } from '@steadfetch/core';
export type { LimitEvent, LimitHooks, RateLimitGiveUpEvent, ReleaseEvent } from './events.ts';
export type { GateSnapshot } from './gates.ts';
export { type RateLimitOptions, type RateLimitScope, rateLimitOptions } from './options.ts';
export { type RateLimiter, rateLimit } from './rate-limit.ts';
export { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
export type { LimitStore, Line, PacerParts, Pacing, Sending } from './store.ts';
