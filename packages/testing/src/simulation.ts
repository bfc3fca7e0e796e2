export type { TimedEvent } from './event-queue.ts';
export { networkError } from './network-error.ts';
export { seededRandom } from './seeded-random.ts';
export type { ServiceModel } from './service-model.ts';
export { simulate } from './simulate.ts';
export type { ClientMaker, ClientParts, SimulateOptions } from './simulate-options.ts';
export type { StormReport, StormRow } from './storm-report.ts';
export { VirtualTime } from './virtual-time.ts';
