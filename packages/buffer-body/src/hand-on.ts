import { withBody } from '@steadfetch/core';
import type { Chunk } from './read-body.ts';

/** The response with its body from the first byte on: what was read, then the rest as it is asked for. */
export function handOn(response: Response, chunks: Chunk[], reader: ReadableStreamDefaultReader<Chunk>): Response {
  let failure: { error: unknown } | undefined;

  async function pull(stream: ReadableStreamDefaultController<Chunk>): Promise<void> {
    const chunk = chunks.shift();
    if (chunk) return stream.enqueue(chunk);
    try {
      const { done, value } = await reader.read();
      if (done) stream.close();
      else stream.enqueue(value);
    } catch (error) {
      failure = { error };
      throw error;
    }
  }

  const cancel = (reason: unknown) => reader.cancel(reason);
  const body = new ReadableStream<Chunk>({ pull, cancel }, { highWaterMark: 0 });
  return withBody(response, body, (error) => (failure ? failure.error : error));
}
