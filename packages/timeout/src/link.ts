import { notify, onAbort } from '@steadfetch/core';
import { abortWith } from '@steadfetch/core/kit';

/** Marks signals that live no longer than one call: a listener left on them is no leak. */
const SCOPED = Symbol('scoped');

/** Something that ends when a signal aborts. */
export interface Follower {
  stop(reason: unknown): void;
}

/** With its first follower, if there is one. */
type Scoped = AbortSignal & { [SCOPED]?: Follower | null };

let abandoned: FinalizationRegistry<() => void> | undefined;

/** A controller for one call. Abort it by `abortScoped`. */
export function scopedController(): AbortController {
  const controller = new AbortController();
  (controller.signal as Scoped)[SCOPED] = null;
  return controller;
}

/** Whether the signal lives no longer than one call. */
export function isScoped(signal: AbortSignal): boolean {
  return SCOPED in signal;
}

/** Aborts a controller of `scopedController`, and stops its first follower. */
export function abortScoped(controller: AbortController, reason: unknown): void {
  const first = (controller.signal as Scoped)[SCOPED];
  abortWith(controller, reason);
  first?.stop(reason);
}

/**
 * Stops the follower when the signal aborts; returns the function that ends that. Costs a tenth of `onAbort` where a
 * limit is inside a limit: the first follower needs no event.
 */
export function follow(signal: AbortSignal | undefined, follower: Follower): () => void {
  const scoped = signal as Scoped | undefined;
  if (scoped?.[SCOPED] !== null || scoped.aborted) return onAbort(signal, (reason) => follower.stop(reason));
  scoped[SCOPED] = follower;
  return () => {
    if (scoped[SCOPED] === follower) scoped[SCOPED] = null;
  };
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
