import type { Call } from '@steadfetch/core';

/** Where in its series an attempt stands. */
export interface Standing {
  readonly call: Call;
  readonly attempt: number;
  readonly elapsed: number;
}
