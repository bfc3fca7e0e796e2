export { type FlakyHandler, type FlakyOptions, flaky } from './server/flaky.ts';
