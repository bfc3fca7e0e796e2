import type { Call, CallOptions, NamedOptions } from '@steadfetch/core';

/** What one call says about its retries, and the call without it. */
export interface Override {
  readonly override: unknown;
  readonly stripped: Call;
}

/**
 * Reads `init.steadfetch.retry`, which is always ours, or `init.retry`, which is ours when it is `false` or has only
 * options of ours. Any other `init.retry` is an option of another library, and is passed on as it came.
 */
export function takeOverride(call: Call, names: readonly string[]): Override {
  const given = call.init as (RequestInit & CallOptions & NamedOptions) | undefined;
  if (given === undefined || !('retry' in given || 'steadfetch' in given))
    return { override: undefined, stripped: call };
  const { retry, ...init } = given;
  if (given.steadfetch?.retry !== undefined) {
    const { steadfetch, ...others } = given;
    return { override: steadfetch!.retry, stripped: call.with({ init: others }) };
  }
  if (retry === undefined || isOurs(retry, names)) return { override: retry, stripped: call.with({ init }) };
  return { override: undefined, stripped: call };
}

function isOurs(retry: unknown, names: readonly string[]): boolean {
  if (typeof retry !== 'object' || retry === null || Array.isArray(retry)) return retry === false;
  return names.length > 0 && Object.keys(retry).every((name) => names.includes(name));
}
