import type { CallOptions, NamedOptions } from '../chain/fetch.ts';
import type { Call } from './call.ts';

/** What the call was made with, also in the member that no other library reads. */
export function metaOf({ init }: Call): unknown {
  const options = init as (CallOptions & NamedOptions) | undefined;
  return options?.meta ?? options?.steadfetch?.meta;
}
