import type { GiveUpEvent, RecoverEvent, RetryEvent, RetryHooks } from './events.ts';

interface Events {
  onRetry: RetryEvent;
  onGiveUp: GiveUpEvent;
  onRecover: RecoverEvent;
}

/** Tells every observer. What one throws or rejects is its own affair: the call goes on, and the next one is told. */
export function notify<Name extends keyof Events>(
  hooks: readonly RetryHooks[],
  name: Name,
  makeEvent: () => Events[Name],
): void {
  const listeners = hooks.filter((hook) => hook[name] !== undefined);
  if (listeners.length === 0) return;
  const event = Object.freeze(makeEvent()) as Events[Name];
  for (const hook of listeners) {
    try {
      const answer: unknown = (hook[name] as (event: Events[Name]) => unknown)(event);
      void Promise.resolve(answer).catch(() => {});
    } catch {}
  }
}
