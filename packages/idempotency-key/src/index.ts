export type { Fetch, Middleware } from '@steadfetch/core';
export { type IdempotencyKeyOptions, idempotencyKey, idempotencyKeyOptions } from './idempotency-key.ts';
export { uuid } from './uuid.ts';
