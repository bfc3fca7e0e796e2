import { notify } from '@steadfetch/core';
import { closeStream, isByteStream, withBody } from '@steadfetch/core/kit';
import type { Beginning, Chunk } from './read-body.ts';

/**
 * Cancels a body after the function that pulls from it, and so the response, was garbage-collected. The platform cancels only a body
 * that was not read at all.
 */
let abandoned: FinalizationRegistry<ReadableStreamDefaultReader<Chunk>> | undefined;

/** Returns the response with its whole body: the bytes that were read, then the rest as the reader asks for it. */
export function restoreBody(response: Response, { bytes, next }: Beginning): Response {
  const type = isByteStream(response.body!) ? 'bytes' : undefined;
  const reader = response.body!.getReader();
  const read = (bytes.byteLength > 0 ? [next, bytes] : [next]) as Chunk[];
  let failure: { error: unknown } | undefined;

  async function pull(stream: ReadableStreamController<Chunk>): Promise<void> {
    if (read.length > 0) return stream.enqueue(read.pop()!);
    try {
      const { done, value } = await reader.read();
      if (done) closeStream(stream);
      else stream.enqueue(value);
    } catch (error) {
      failure = { error };
      throw error;
    }
  }

  if (typeof FinalizationRegistry === 'function') {
    abandoned ??= new FinalizationRegistry((unread) => notify(() => unread.cancel()));
    abandoned.register(pull, reader);
  }
  const cancel = (reason: unknown) => reader.cancel(reason);
  const body = new ReadableStream({ type, pull, cancel } as UnderlyingDefaultSource, { highWaterMark: 0 });
  return withBody(response, body, (error) => (failure ? failure.error : error));
}
