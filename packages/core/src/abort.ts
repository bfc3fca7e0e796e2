/** The caller's reason by identity, also `null` or a string; an `AbortError` where the runtime keeps no reason. */
export function abortReason(signal: AbortSignal): unknown {
  if (signal.reason !== undefined || 'reason' in signal) return signal.reason;
  return Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}

/** `signal.throwIfAborted()`, also where the runtime has none. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/**
 * Calls `listener` once when the signal aborts, at once if it already has. Gives the function that removes it again;
 * calling that twice is harmless.
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  if (!signal) return nothing;
  const run = () => listener(abortReason(signal));
  if (signal.aborted) {
    run();
    return nothing;
  }
  signal.addEventListener('abort', run, { once: true });
  return () => signal.removeEventListener('abort', run);
}

const nothing = () => {};

/** The promise, or a rejection with the abort reason as soon as the signal aborts. A late answer is ignored. */
export function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const release = onAbort(signal, reject);
    Promise.resolve(promise).then(resolve, reject).finally(release);
  });
}
