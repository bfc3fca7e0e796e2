import type { InitHook, Options } from 'ky';

/** In the global registry, so that two copies of this package recognize each other's hooks. */
const RETRY_HOOK: unique symbol = Symbol.for('steadfetch.ky.retry') as never;

type Marked = InitHook & { [RETRY_HOOK]?: true };

/** Marks the `init` hook of a `retry()`. */
export function markRetryHook(hook: InitHook): InitHook {
  return Object.assign(hook, { [RETRY_HOOK]: true as const });
}

/** The hook of the `retry()` that handles the call: the last one, if nested `extend`s have added several. */
export function retryHookOf({ hooks }: Options): InitHook | undefined {
  return hooks?.init?.findLast((hook: Marked) => hook[RETRY_HOOK]);
}
