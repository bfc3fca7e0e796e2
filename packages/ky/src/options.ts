import type { CallOptions } from '@steadfetch/core';

declare module 'ky' {
  interface Options {
    /**
     * Options of our packages for one call, e.g. `steadfetch: { retry: { maxDelay: 5_000 } }`; ky keeps the name `retry` for
     * its own option. Read and removed by `@steadfetch/ky`, merged key by key through `create` and `extend`.
     */
    steadfetch?: CallOptions;
  }
}
