export { type FlakyHandler, type FlakyOptions, flaky } from './flaky.ts';
