import { inWorkers } from '../runtime.ts';

/** How often a call that waits for others looks for itself in Workers, in milliseconds. */
const LOOK_EVERY = 20;

type Begin<T> = (resolve: (value: T) => void, reject: (reason: unknown) => void) => void;

/**
 * A promise that other calls settle, as `new Promise(begin)`.
 *
 * Workers of Cloudflare run each request by itself: one that has no timer and no request of its own is ended, also while it
 * waits for another one; and a timer ends with the request that has set it. So there a call that waits has a timer of its
 * own, which settles the promise, and until then calls `look`.
 */
export function settledByOthers<T>(begin: Begin<T>, look: () => void = () => {}): Promise<T> {
  if (!inWorkers()) return new Promise(begin);
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    const timer = setInterval(() => {
      if (!settle) return look();
      clearInterval(timer);
      settle();
    }, LOOK_EVERY);
    begin(
      (value) => {
        settle ??= () => resolve(value);
      },
      (reason) => {
        settle ??= () => reject(reason);
      },
    );
  });
}
