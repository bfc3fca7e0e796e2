/** A body that did not arrive completely. It has the name of other network errors, so that `retry` handles it like them. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}
