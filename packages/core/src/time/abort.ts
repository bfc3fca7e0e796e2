import { notify } from '../events/notify.ts';

/** The reason of an aborted signal, unchanged, even if it is `null` or a string. An `AbortError` if the runtime has no `signal.reason`. */
export function abortReason(signal: AbortSignal): unknown {
  if (signal.reason !== undefined || 'reason' in signal) return signal.reason;
  return Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}

/** `signal.throwIfAborted()`, also for runtimes without it. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/** `controller.abort(reason)`. Sets the reason itself in runtimes without `signal.reason`, such as React Native. */
export function abortWith(controller: AbortController, reason: unknown): void {
  const { signal } = controller;
  if (!('reason' in signal)) Object.defineProperty(signal, 'reason', { value: reason });
  controller.abort(reason);
}

type Listener = (reason: unknown) => void;

const adderOf = new WeakMap<AbortSignal, (listener: Listener) => () => void>();

/**
 * Calls `listener` once when the signal aborts, or at once if it has aborted already. Returns the function that removes the listener,
 * which may be called twice. If the listener throws during a later abort, the error is ignored, as by `notify`.
 *
 * All listeners of a signal share one event listener: adding one to an `EventTarget` gets slower with each listener that it has.
 */
export function onAbort(signal: AbortSignal | undefined, listener: Listener): () => void {
  if (!signal) return nothing;
  if (signal.aborted) {
    listener(abortReason(signal));
    return nothing;
  }
  let add = adderOf.get(signal);
  if (!add) {
    add = adderTo(signal);
    adderOf.set(signal, add);
  }
  return add(listener);
}

const nothing = () => {};

function adderTo(signal: AbortSignal): (listener: Listener) => () => void {
  const entries = new Set<{ readonly listener: Listener }>();
  const run = () => {
    const reason = abortReason(signal);
    for (const entry of entries) {
      entries.delete(entry);
      notify(entry.listener, reason);
    }
  };
  return (listener) => {
    const entry = { listener };
    if (entries.size === 0) signal.addEventListener('abort', run, { once: true });
    entries.add(entry);
    return () => {
      if (entries.delete(entry) && entries.size === 0) signal.removeEventListener('abort', run);
    };
  };
}

/** Settles like the promise, or rejects with the abort reason as soon as the signal aborts. A later result is ignored. */
export function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const release = onAbort(signal, reject);
    Promise.resolve(promise).then(resolve, reject).finally(release);
  });
}
