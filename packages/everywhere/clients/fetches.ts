// The fetch of the platform, and functions that stand in for it: what a stack is put around.
import crossFetch from 'cross-fetch';
import nodeFetch from 'node-fetch';
import type { Fetch, Middleware } from 'steadfetch';
import { fetch as undici } from 'undici';
import { fetch as undici7 } from 'undici7';
import { type Client, initOf, textOf, textParts } from './client.ts';

function calls(fetch: Fetch, url: string): ReturnType<Client['connect']> {
  return {
    get: (options) => fetch(`${url}report`, initOf(options)).then(textOf),
    post: (options) => fetch(`${url}report`, { ...initOf(options), method: 'POST', body: '{"item":7}' }).then(textOf),
    stream: async function* () {
      yield* textParts((await fetch(`${url}report`)).body);
    },
  };
}

/** A fetch of which a stack is made. */
export interface Inner {
  readonly name: string;
  readonly from: string;
  readonly fetch: Fetch;
}

export const INNER: readonly Inner[] = [
  { name: 'undici 8', from: 'undici', fetch: undici as unknown as Fetch },
  { name: 'undici 7', from: 'undici7', fetch: undici7 as unknown as Fetch },
  { name: 'node-fetch', from: 'node-fetch', fetch: nodeFetch as unknown as Fetch },
  { name: 'cross-fetch', from: 'cross-fetch', fetch: crossFetch },
];

/** One of them as a client: the stack is put around it, whatever fetch it is given. */
export function clientOf({ name, from, fetch }: Inner, stack: Middleware): Client {
  return {
    name,
    from,
    abort: 'the reason',
    failure: 'the response, status 503',
    connect: (url) => calls(stack(fetch), url),
  };
}
