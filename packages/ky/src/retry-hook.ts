import type { InitHook, Options } from 'ky';

/** Survives two copies of this package. */
const RETRY_HOOK: unique symbol = Symbol.for('steadfetch.ky.retry') as never;

type Marked = InitHook & { [RETRY_HOOK]?: true };

/** Marks the `init` hook of a `retry()`. */
export function markRetryHook(hook: InitHook): InitHook {
  return Object.assign(hook, { [RETRY_HOOK]: true as const });
}

/** The `retry()` that speaks for the call: of several, from nested `extend`s, the last. */
export function retryHookOf({ hooks }: Options): InitHook | undefined {
  return hooks?.init?.findLast((hook: Marked) => hook[RETRY_HOOK]);
}
