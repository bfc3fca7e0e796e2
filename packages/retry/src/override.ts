import type { Call, CallOptions, NamedOptions } from '@steadfetch/core';

/**
 * What one call says about its retries, and the call without it.
 *
 * Reads `init.steadfetch.retry`, which is always ours, or `init.retry`, which is ours when it is `false` or has only
 * options of ours. Any other `init.retry` is an option of another library, and is passed on as it came.
 */
export function takeOverride(call: Call, names: readonly string[]): { override: unknown; call: Call } | undefined {
  const init: (RequestInit & CallOptions & NamedOptions) | undefined = call.init;
  if (!init || !('retry' in init || 'steadfetch' in init)) return undefined;
  const named = init.steadfetch;
  if (named?.retry !== undefined) {
    const { steadfetch, ...others } = init;
    call.record.meta ??= init.meta ?? named.meta; // for an observer inside
    return { override: named.retry, call: call.with({ init: others }) };
  }
  const { retry, ...rest } = init;
  return retry === undefined || isOurs(retry, names) ? { override: retry, call: call.with({ init: rest }) } : undefined;
}

function isOurs(retry: unknown, names: readonly string[]): boolean {
  if (typeof retry !== 'object' || retry === null || Array.isArray(retry)) return retry === false;
  return names.length > 0 && Object.keys(retry).every((name) => names.includes(name));
}
