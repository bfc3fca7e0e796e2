import { inWorkers } from '../runtime.ts';

/** How often a waiting call polls in Workers, in milliseconds. */
const POLL_EVERY = 20;

type Begin<T> = (resolve: (value: T) => void, reject: (reason: unknown) => void) => void;

/**
 * `new Promise(begin)`, for a promise that other calls settle.
 *
 * Cloudflare Workers end a request that has no timer and no fetch of its own, even if it waits for another request. They also end a
 * timer together with the request that started it. So there each waiting call polls with a timer of its own: the timer calls `poll`
 * until another call has settled the promise, and then passes on the result.
 */
export function settledByOthers<T>(begin: Begin<T>, poll: () => void = () => {}): Promise<T> {
  if (!inWorkers()) return new Promise(begin);
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    const timer = setInterval(() => {
      if (!settle) return poll();
      clearInterval(timer);
      settle();
    }, POLL_EVERY);
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
