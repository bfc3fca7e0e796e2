/**
 * Tells an observer, if there is one. What it throws or rejects is its own affair, and nobody waits for it: an observer
 * can neither break nor delay a call.
 */
export function notify<Event>(observer: ((event: Event) => unknown) | undefined, event: Event): void {
  if (observer === undefined) return;
  try {
    void Promise.resolve(observer(event)).catch(() => {});
  } catch {}
}
