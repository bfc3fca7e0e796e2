import { onAbort } from '@steadfetch/core';

/** Marks signals that live no longer than one call: a listener left on them is no leak. */
const SCOPED: unique symbol = Symbol.for('steadfetch.scoped') as never;

let abandoned: FinalizationRegistry<() => void> | undefined;

/** A controller for one call. */
export function scopedController(): AbortController {
  const controller = new AbortController();
  (controller.signal as { [SCOPED]?: true })[SCOPED] = true;
  return controller;
}

export function isScoped(signal: AbortSignal): boolean {
  return SCOPED in signal;
}

/**
 * Passes an abort of the signal on to the controller, without keeping the controller alive: the listener goes when the
 * given function is called, or when nobody holds the controller any more. A runtime that cannot tell keeps it until the
 * function is called.
 */
export function followWeakly(signal: AbortSignal, controller: AbortController): () => void {
  if (!canFollowWeakly()) return onAbort(signal, (reason) => controller.abort(reason));
  const release = onAbort(signal, passOn(new WeakRef(controller)));
  const token = {};
  abandoned ??= new FinalizationRegistry((leave) => leave());
  abandoned.register(controller, release, token);
  return () => {
    abandoned?.unregister(token);
    release();
  };
}

/** Both are missing from older runtimes of React Native. */
export function canFollowWeakly(): boolean {
  return typeof WeakRef === 'function' && typeof FinalizationRegistry === 'function';
}

/** On its own, because closures of one function share what they capture: the listener must not hold the controller. */
function passOn(target: WeakRef<AbortController>): (reason: unknown) => void {
  return (reason) => target.deref()?.abort(reason);
}
