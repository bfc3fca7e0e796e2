/** The caller's reason by identity, also `null` or a string; an `AbortError` where the runtime keeps no reason. */
export function abortReason(signal: AbortSignal): unknown {
  if (signal.reason !== undefined || 'reason' in signal) return signal.reason;
  return Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}

/** `signal.throwIfAborted()`, also where the runtime has none. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/** What runs when one signal aborts, in the order it came. */
const listenersOf = new WeakMap<AbortSignal, AbortListeners>();

/**
 * Calls `listener` once when the signal aborts, at once if it already has. Gives the function that removes it again;
 * calling that twice is harmless.
 *
 * However many listen to one signal, it carries one event listener: adding one to an `EventTarget` costs time that
 * grows with those that are there.
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  if (!signal) return nothing;
  if (signal.aborted) {
    listener(abortReason(signal));
    return nothing;
  }
  let listeners = listenersOf.get(signal);
  if (listeners === undefined) {
    listeners = new AbortListeners(signal);
    listenersOf.set(signal, listeners);
  }
  return listeners.add({ listener });
}

const nothing = () => {};

interface Entry {
  readonly listener: (reason: unknown) => void;
}

class AbortListeners {
  readonly #signal: AbortSignal;
  readonly #entries = new Set<Entry>();
  readonly #run = (): void => this.#runAll();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(entry: Entry): () => void {
    if (this.#entries.size === 0) this.#signal.addEventListener('abort', this.#run, { once: true });
    this.#entries.add(entry);
    return () => this.#remove(entry);
  }

  #remove(entry: Entry): void {
    if (this.#entries.delete(entry) && this.#entries.size === 0) this.#signal.removeEventListener('abort', this.#run);
  }

  /** Each is called, whatever another throws; the first error goes where the error of an event listener goes. */
  #runAll(): void {
    const reason = abortReason(this.#signal);
    let failure: { error: unknown } | undefined;
    for (const entry of this.#entries) {
      this.#entries.delete(entry);
      try {
        entry.listener(reason);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
  }
}

/** The promise, or a rejection with the abort reason as soon as the signal aborts. A late answer is ignored. */
export function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const release = onAbort(signal, reject);
    Promise.resolve(promise).then(resolve, reject).finally(release);
  });
}
