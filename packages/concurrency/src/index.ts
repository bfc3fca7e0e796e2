export type { Fetch, Middleware } from '@steadfetch/core';
export { type Bulkhead, type ConcurrencyOptions, concurrency, concurrencyOptions } from './concurrency.ts';
export type { Occupancy, QueueEvent } from './lane.ts';
export { QueueFullError } from './queue-full-error.ts';
