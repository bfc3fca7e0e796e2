import { notify } from '@steadfetch/core';
import type { GiveUpEvent, RecoverEvent, RetryEvent, RetryHooks } from './events.ts';

interface Events {
  onRetry: RetryEvent;
  onGiveUp: GiveUpEvent;
  onRecover: RecoverEvent;
}

/** Tells all hooks of one kind the same frozen event, which is only made when somebody listens. */
export function notifyAll<Name extends keyof Events>(
  hooks: readonly RetryHooks[],
  name: Name,
  makeEvent: () => Events[Name],
): void {
  const listeners = hooks.filter((hook) => hook[name] !== undefined);
  if (listeners.length === 0) return;
  const event = Object.freeze(makeEvent()) as Events[Name];
  for (const hook of listeners) notify((told: Events[Name]) => (hook[name] as (event: Events[Name]) => unknown)(told), event);
}
