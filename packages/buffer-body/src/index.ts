export { type BufferBodyOptions, bufferBody } from './buffer-body.ts';
export { NetworkError } from './network-error.ts';
