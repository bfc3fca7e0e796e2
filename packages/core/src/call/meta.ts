import type { CallOptions, NamedOptions } from '../chain/fetch.ts';
import type { Call } from './call.ts';

/** Returns the `meta` that the caller gave, also from `init.steadfetch`, which no other library reads. */
export function metaOf({ init }: Call): unknown {
  const options = init as (CallOptions & NamedOptions) | undefined;
  return options?.meta ?? options?.steadfetch?.meta;
}
