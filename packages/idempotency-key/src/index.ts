export { type IdempotencyKeyOptions, idempotencyKey, idempotencyKeyOptions } from './idempotency-key.ts';
export { uuid } from './uuid.ts';
