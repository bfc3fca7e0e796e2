export type { Random } from './chance.ts';
export { decorrelatedJitter, type DecorrelatedJitterOptions } from './decorrelated-jitter.ts';
export { equalJitter } from './equal-jitter.ts';
export { fullJitter } from './full-jitter.ts';
export { proportionalJitter, type ProportionalJitterOptions } from './proportional-jitter.ts';
