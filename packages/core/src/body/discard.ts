import type { Call } from '../call/call.ts';
import { notify } from '../events/notify.ts';
import { after } from './after.ts';
import { cancelBody } from './keep-body.ts';

/** A body that is longer (bytes), or takes longer to read (ms), is not worth its connection. */
const MAX_BYTES = 262_144;
const PATIENCE = 100;

/**
 * Discards a response that will not be read. Returns at once and never throws, whatever the argument is.
 *
 * A small body is drained so that its connection can be used again. One that is larger than 256 KiB or takes longer than
 * 100 ms is cancelled; a Node stream, as node-fetch returns, is destroyed. The caller waits for nothing, since `cancel()`
 * of a cloned response stays pending for good.
 *
 * The answer to a call with a `bodyFactory` is cancelled at once: a server may refuse an upload before it has read it, and the `fetch`
 * of Node then closes the file only where the answer is cancelled.
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
  const stop = after(PATIENCE, cancel);
  void drain(reader)
    .catch(() => {})
    .finally(() => {
      stop();
      cancel();
    });
}

/** What a chunk counts besides its bytes. */
const CHUNK = 64;

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let bytes = 0; bytes <= MAX_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    // a stream of empty chunks that are there at once must end too: no timer comes in between
    bytes += value.byteLength + CHUNK;
  }
}

interface NodeStream {
  on(event: 'error', listener: () => void): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** By time alone: destroying a stream that is piped from a socket does not close the socket. One that has ended is not changed. */
function discardNodeStream(body: NodeStream): void {
  body.on('error', () => {});
  body.resume();
  after(PATIENCE, () => body.destroy());
}
