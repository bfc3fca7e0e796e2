import { abortWith, onAbort } from './abort.ts';

/** A wait that an observer can end, and that ends with the call. */
interface Cancellable {
  /** Aborts with the signal of the call, or by `cancel`. */
  readonly signal: AbortSignal;
  /** Ends the wait: with the error that is given, else with an `AbortError`. */
  readonly cancel: (reason?: unknown) => void;
  /** Stops to listen to the signal of the call. */
  readonly release: () => void;
}

/** A wait of a call with this signal. */
export function cancellable(signal: AbortSignal | undefined): Cancellable {
  const controller = new AbortController();
  const release = onAbort(signal, (reason) => abortWith(controller, reason));
  return { signal: controller.signal, cancel: (reason) => abortWith(controller, cancelError(reason)), release };
}

/** The error of a call whose wait is ended: anything that is no error, such as the event of a click, is no reason. */
export function cancelError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  const message = 'The call was cancelled while it waited';
  // React Native may have no DOMException
  if (typeof DOMException === 'function') return new DOMException(message, 'AbortError');
  return Object.assign(new Error(message), { name: 'AbortError' });
}
