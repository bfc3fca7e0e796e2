export { constant } from './constant.ts';
export type { Attempt, Delay } from './delay.ts';
export { exponential, type ExponentialOptions } from './exponential.ts';
export { fibonacci, type FibonacciOptions } from './fibonacci.ts';
export { linear, type LinearOptions } from './linear.ts';
