import type { Call } from '@steadfetch/core';

/** Where in its series an attempt stands. */
export interface Standing {
  readonly call: Call;
  /** The key that the call was made with, whatever was written on it since. */
  readonly key: string | undefined;
  /** By whoever drives the loop, 1 for the first. */
  readonly attempt: number;
  /** By whichever layer repeated the call. */
  readonly number: number;
  readonly elapsed: number;
}
