import './options.ts';

export { retry } from './retry.ts';
export { use } from './use.ts';
