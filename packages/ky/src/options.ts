import type { CallOptions } from '@steadfetch/core';

declare module 'ky' {
  interface Options {
    /**
     * Options of our packages for one call, e.g. `steadfetch: { retry: { maxDelay: 5_000 } }`. The name `retry` belongs to ky's own
     * option. `create` and `extend` merge these options key by key. `@steadfetch/ky` reads them, and removes them before `fetch`.
     */
    steadfetch?: CallOptions;
  }
}
