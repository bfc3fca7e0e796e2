import type { Call, CallOptions, NamedOptions } from '@steadfetch/core';

/**
 * Returns the retry options of one call, and the call without them; `undefined` if it has none.
 *
 * Reads `init.steadfetch.retry`, which is always ours, or `init.retry`, which is ours if it is `false` or has only names of our
 * options. Any other `init.retry` belongs to another library, and is passed on unchanged.
 */
export function takeOverride(call: Call, names: readonly string[]): { override: unknown; call: Call } | undefined {
  const init: (RequestInit & CallOptions & NamedOptions) | undefined = call.init;
  if (!init || !('retry' in init || 'steadfetch' in init)) return undefined;
  const named = init.steadfetch;
  if (named?.retry !== undefined) {
    const { steadfetch, ...others } = init;
    call.record.meta ??= init.meta ?? named.meta; // an observer inside reads it there
    return { override: named.retry, call: call.with({ init: others }) };
  }
  const { retry, ...rest } = init;
  return retry === undefined || isOurs(retry, names) ? { override: retry, call: call.with({ init: rest }) } : undefined;
}

function isOurs(retry: unknown, names: readonly string[]): boolean {
  if (typeof retry !== 'object' || retry === null || Array.isArray(retry)) return retry === false;
  return names.length > 0 && Object.keys(retry).every((name) => names.includes(name));
}
