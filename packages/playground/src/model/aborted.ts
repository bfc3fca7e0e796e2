/** Whether a request ended because the client no longer wanted its answer. */
export function isTransportAbort(error: unknown, init: RequestInit | undefined): boolean {
  return init?.signal?.aborted === true || (error as Error | undefined)?.name === 'AbortError';
}
