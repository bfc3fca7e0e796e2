import type { Call } from '@steadfetch/core';

/** Where in its series an attempt stands. */
export interface Standing {
  readonly call: Call;
  /** The key that the call was made with, whatever was written on it since. */
  readonly key: string | undefined;
  readonly attempt: number;
  readonly elapsed: number;
}
