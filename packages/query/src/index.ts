export { type QueryRetry, type QueryRetryOptions, queryRetry, queryRetryOptions } from './query-retry.ts';
export { okOrThrow, ResponseError } from './response-error.ts';
