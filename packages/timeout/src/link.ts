import { notify, onAbort } from '@steadfetch/core';

/** Marks signals that live no longer than one call: a listener left on them is no leak. */
const SCOPED: unique symbol = Symbol.for('steadfetch.scoped.4') as never;

/** Something that ends when a signal aborts. */
export interface Follower {
  stop(reason: unknown): void;
}

let abandoned: FinalizationRegistry<() => void> | undefined;

/** A controller for one call. */
export function scopedController(): AbortController {
  const controller = new AbortController();
  Object.assign(controller.signal, { [SCOPED]: true });
  return controller;
}

/** Whether the signal lives no longer than one call. */
export function isScoped(signal: AbortSignal): boolean {
  return SCOPED in signal;
}

/** Stops the follower when the signal aborts; returns the function that ends that. */
export function follow(signal: AbortSignal | undefined, follower: Follower): () => void {
  return onAbort(signal, (reason) => follower.stop(reason));
}

/**
 * Stops the follower when the signal aborts, without keeping the follower alive: the listener is removed when the
 * returned function is called, or after the follower was collected as garbage, and `lost` is called then, which must not hold
 * the follower. Without weak references the listener stays until the function is called.
 */
export function followWeakly(signal: AbortSignal, follower: Follower, lost?: () => unknown): () => void {
  if (!canFollowWeakly()) return follow(signal, follower);
  const release = follow(signal, passOn(new WeakRef(follower)));
  const token = {};
  abandoned ??= new FinalizationRegistry((leave) => leave());
  abandoned.register(
    follower,
    () => {
      release();
      notify(lost);
    },
    token,
  );
  return () => {
    abandoned?.unregister(token);
    release();
  };
}

/** Both are missing from older runtimes of React Native. */
export function canFollowWeakly(): boolean {
  return typeof WeakRef === 'function' && typeof FinalizationRegistry === 'function';
}

/** On its own, because closures of one function share what they capture: this one must not hold the follower. */
function passOn(target: WeakRef<Follower>): Follower {
  return { stop: (reason) => target.deref()?.stop(reason) };
}
