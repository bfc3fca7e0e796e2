// The connection breaks in the middle of the body. Without bufferBody() the caller gets an error; with it, retry() tries again.
//
//   pnpm example buffer-body

import { startServer } from '@steadfetch/testing';
import { bufferBody, compose, constant, retry } from 'steadfetch';

const body = 'the whole report';
const script = [{ fault: 'reset-mid-body', body }, { fault: 'truncate', body }, { body }] as const;

await using first = await startServer(script);
const unbuffered = retry({ delay: constant(10) })(fetch);
const response = await unbuffered(first.url);
console.log('without:', response.status, await response.text().catch((error) => error.message));

await using second = await startServer(script);
const buffered = compose(
  retry({ delay: constant(10), hooks: { onRetry: ({ cause }) => console.log('  retried:', cause) } }),
  bufferBody(),
)(fetch);
console.log('with:', await (await buffered(second.url)).text());

// Output:
// without: 200 terminated
//   retried: ECONNRESET
//   retried: UND_ERR_SOCKET
// with: the whole report
