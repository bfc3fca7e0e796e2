export type { Random } from './chance.ts';
export { type DecorrelatedJitterOptions, decorrelatedJitter } from './decorrelated-jitter.ts';
export { equalJitter } from './equal-jitter.ts';
export { fullJitter } from './full-jitter.ts';
export { type ProportionalJitterOptions, proportionalJitter } from './proportional-jitter.ts';
