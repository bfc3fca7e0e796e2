/** True for a `Request`, also one of another realm or polyfill. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && !(input instanceof URL) && 'url' in input && 'headers' in input;
}
