export { constant } from './constant.ts';
export type { Delay, DelayContext } from './delay.ts';
export { type ExponentialOptions, exponential } from './exponential.ts';
export { type FibonacciOptions, fibonacci } from './fibonacci.ts';
export { type LinearOptions, linear } from './linear.ts';
