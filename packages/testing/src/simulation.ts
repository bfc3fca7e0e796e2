export { seededRandom } from './chance/seeded-random.ts';
export { networkError } from './script/network-error.ts';
export type { ServiceModel } from './simulate/service-model.ts';
export { simulate } from './simulate/simulate.ts';
export type { ClientMaker, ClientParts, SimulateOptions } from './simulate/simulate-options.ts';
export type { StormReport, StormRow } from './simulate/storm-report.ts';
export type { TimedEvent } from './time/event-queue.ts';
export { VirtualTime } from './time/virtual-time.ts';
