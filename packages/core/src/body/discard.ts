import type { Call } from '../call/call.ts';
import { notify } from '../events/notify.ts';
import { after } from './after.ts';
import { cancelBody } from './keep-body.ts';

/** To read a longer body, or to read for longer, costs more than a new connection. */
const MAX_BYTES = 262_144;
const MAX_READ_MS = 100;

/**
 * Discards a response that will not be read. Returns at once and never throws, whatever the argument is.
 *
 * A small body is drained so that its connection can be used again. A body that is larger than 256 KiB or takes longer than
 * 100 ms is cancelled; a Node stream, as node-fetch returns, is destroyed. The caller does not wait, since `cancel()` of a
 * cloned response never settles.
 *
 * The answer to a call with a `bodyFactory` is cancelled at once: a server may refuse an upload before it has read it, and Node's
 * `fetch` then closes the file only if the answer is cancelled.
 */
export function discard(response: Response, call?: Call): void {
  try {
    const { body } = response;
    if (!body || body.locked || response.bodyUsed) return;
    if (typeof body.getReader !== 'function') discardNodeStream(body as unknown as NodeStream);
    else if (typeof (call?.init?.body as unknown) === 'function') cancelBody(body);
    else discardStream(body);
  } catch {}
}

function discardStream(body: ReadableStream<Uint8Array>): void {
  const reader = body.getReader();
  const cancel = () => notify(() => reader.cancel());
  const stop = after(MAX_READ_MS, cancel);
  void drain(reader)
    .catch(() => {})
    .finally(() => {
      stop();
      cancel();
    });
}

/** Each chunk counts as this many bytes more, so that a stream of empty chunks ends too. */
const BYTES_PER_CHUNK = 64;

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let bytes = 0; bytes <= MAX_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.byteLength + BYTES_PER_CHUNK; // no timer can run between chunks that are available at once
  }
}

interface NodeStream {
  on(event: 'error', listener: () => void): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** Limits only the time: to destroy a stream that is piped from a socket does not close the socket. An ended stream stays as it is. */
function discardNodeStream(body: NodeStream): void {
  body.on('error', () => {});
  body.resume();
  after(MAX_READ_MS, () => body.destroy());
}
