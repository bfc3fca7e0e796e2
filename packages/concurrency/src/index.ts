export { type Bulkhead, type ConcurrencyOptions, concurrency, type QueueEvent } from './concurrency.ts';
export type { Occupancy } from './lane.ts';
export { QueueFullError } from './queue-full-error.ts';
