export { type IdempotencyKeyOptions, idempotencyKey } from './idempotency-key.ts';
export { uuid } from './uuid.ts';
