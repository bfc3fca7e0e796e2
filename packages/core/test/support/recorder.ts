import type { Fetch } from '@steadfetch/core';

/** A fetch that answers each call, and what it was given. */
export function recorder() {
  const seen: { input: RequestInfo | URL; init: RequestInit | undefined }[] = [];
  const fetch: Fetch = async (input, init) => {
    seen.push({ input, init });
    return new Response('ok');
  };
  return { seen, fetch };
}
