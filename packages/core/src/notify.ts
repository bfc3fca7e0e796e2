/**
 * Calls an observer, if there is one. Ignores what it throws or rejects, and does not wait for it: an observer can
 * neither break nor delay a call.
 */
export function notify<Event>(observer: ((event: Event) => unknown) | undefined, event: Event): void {
  try {
    const answer = observer?.(event);
    if (typeof answer === 'object') void Promise.resolve(answer).catch(() => {});
  } catch {}
}
