import { notify } from '../events/notify.ts';

/** The caller's reason by identity, also `null` or a string; an `AbortError` where the runtime keeps no reason. */
export function abortReason(signal: AbortSignal): unknown {
  if (signal.reason !== undefined || 'reason' in signal) return signal.reason;
  return Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}

/** `signal.throwIfAborted()`, also where the runtime has none. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/** `controller.abort(reason)`, also where the runtime keeps no reason, as React Native. */
export function abortWith(controller: AbortController, reason: unknown): void {
  const { signal } = controller;
  if (!('reason' in signal)) Object.defineProperty(signal, 'reason', { value: reason });
  controller.abort(reason);
}

type Listener = (reason: unknown) => void;

const adderOf = new WeakMap<AbortSignal, (listener: Listener) => () => void>();

/**
 * Calls `listener` once when the signal aborts, at once if it already has. Returns the function that removes it again;
 * calling that twice is harmless. What a listener throws at an abort is ignored, as by `notify`.
 *
 * A signal carries one event listener, however many listen to it: adding one to an `EventTarget` costs time that grows
 * with those that are there.
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

/** The promise, or a rejection with the abort reason as soon as the signal aborts. A late answer is ignored. */
export function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const release = onAbort(signal, reject);
    Promise.resolve(promise).then(resolve, reject).finally(release);
  });
}
