/** A body that did not arrive whole. Named as other network errors are, so that it is retried as they are. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}
