/** Tells an observer, and takes no notice of what becomes of it: a throw or a rejection is lost on purpose. */
export function notify<T>(observer: (event: T) => unknown, event: T): void {
  try {
    Promise.resolve(observer(event)).catch(() => {});
  } catch {}
}
