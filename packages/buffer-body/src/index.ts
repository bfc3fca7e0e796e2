export type { Fetch, Middleware } from '@steadfetch/core';
export { type BufferBodyOptions, bufferBody, bufferBodyOptions } from './buffer-body.ts';
export { NetworkError } from './network-error.ts';
