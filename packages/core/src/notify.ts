/**
 * Calls an observer, if there is one. Ignores what it throws or rejects, and does not wait for it: an observer can
 * neither break nor delay a call.
 */
export function notify<Event>(observer: ((event: Event) => unknown) | undefined, event: Event): void {
  if (observer === undefined) return;
  try {
    void Promise.resolve(observer(event)).catch(() => {});
  } catch {}
}
