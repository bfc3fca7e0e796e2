export type { Random } from '@steadfetch/core';
export {
  type DecorrelatedJitterOptions,
  decorrelatedJitter,
  decorrelatedJitterOptions,
} from './decorrelated-jitter.ts';
export { equalJitter } from './equal-jitter.ts';
export { fullJitter } from './full-jitter.ts';
export {
  type ProportionalJitterOptions,
  proportionalJitter,
  proportionalJitterOptions,
} from './proportional-jitter.ts';
