export { constant } from './constant.ts';
export type { Delay, DelayContext } from './delay.ts';
export { type ExponentialOptions, exponential, exponentialOptions } from './exponential.ts';
export { type FibonacciOptions, fibonacci, fibonacciOptions } from './fibonacci.ts';
export { type LinearOptions, linear, linearOptions } from './linear.ts';
