// ky with retry() as hooks: ky waits when the server asks for it, and its shortcuts and errors work as before.
//
//   pnpm example ky-hooks

import { retry } from '@steadfetch/ky';
import { startServer } from '@steadfetch/testing';
import ky, { HTTPError } from 'ky';
import { constant } from 'steadfetch';

const busy = { status: 429, headers: { 'retry-after-ms': '20' } };
await using server = await startServer([busy, { fault: 'reset' }, { json: { name: 'Ada' } }, 503]);

const api = ky.create({
  hooks: retry({
    delay: constant(10),
    serverHints: { spread: 0 },
    hooks: {
      onRetry: ({ cause, delay, delaySource }) => console.log(`${cause}: again in ${delay} ms (${delaySource})`),
      onGiveUp: ({ cause, reason }) => console.log(`${cause}: giving up (${reason})`),
    },
  }),
});

console.log(await api(`${server.url}users/1`).json());

await api(`${server.url}users/2`).catch((error: unknown) => {
  if (error instanceof HTTPError) console.log('HTTPError:', error.response.status);
});

// Output:
// 429: again in 20 ms (retry-after-ms)
// ECONNRESET: again in 10 ms (backoff)
// { name: 'Ada' }
// 503: again in 10 ms (backoff)
// 503: again in 10 ms (backoff)
// 503: giving up (limit)
// HTTPError: 503
