import { abortWith, onAbort } from './abort.ts';

/** A wait that ends early when an observer cancels it or the signal of its call aborts. */
interface Cancellable {
  /** Aborts when the signal of the call aborts, or when `cancel` is called. */
  readonly signal: AbortSignal;
  /** Ends the wait with the given error, or with an `AbortError`. */
  readonly cancel: (reason?: unknown) => void;
  /** Removes the listener from the signal of the call. */
  readonly release: () => void;
}

/** Makes a wait for a call with this signal. */
export function cancellable(signal: AbortSignal | undefined): Cancellable {
  const controller = new AbortController();
  const release = onAbort(signal, (reason) => abortWith(controller, reason));
  return { signal: controller.signal, cancel: (reason) => abortWith(controller, cancelError(reason)), release };
}

/** The error of a cancelled wait. A reason that is not an `Error` is ignored: `onClick={cancel}` passes a click event. */
export function cancelError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  const message = 'The call was cancelled while it waited';
  // React Native may have no DOMException
  if (typeof DOMException === 'function') return new DOMException(message, 'AbortError');
  return Object.assign(new Error(message), { name: 'AbortError' });
}
