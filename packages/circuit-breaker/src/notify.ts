/** Tells an observer, which can neither break nor delay what goes on: what it throws or rejects with is dropped. */
export function notify<T>(observer: ((event: T) => unknown) | undefined, event: T): void {
  try {
    void Promise.resolve(observer?.(event)).catch(() => {});
  } catch {}
}
