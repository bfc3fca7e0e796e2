export {
  type Bulkhead,
  type ConcurrencyOptions,
  concurrency,
  concurrencyOptions,
  type QueueEvent,
} from './concurrency.ts';
export type { Occupancy } from './lane.ts';
export { QueueFullError } from './queue-full-error.ts';
