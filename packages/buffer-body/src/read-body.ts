import { abortable } from '@steadfetch/core';

export type Chunk = Uint8Array<ArrayBuffer>;

/** A body that was read to its end, or the beginning of one that is too long; the rest is still in the body. */
export type Reading = { bytes: Chunk } | { chunks: Chunk[] };

/** Reads until more than `maxBytes` are there, or the end. Rejects as the body fails, and at once on an abort. */
export async function readBody(
  body: ReadableStream<Chunk>,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Reading> {
  const reader = body.getReader();
  const chunks: Chunk[] = [];
  let size = 0;
  try {
    while (size <= maxBytes) {
      const { done, value } = await abortable(reader.read(), signal);
      if (done) return { bytes: join(chunks, size) };
      chunks.push(value);
      size += value.byteLength;
    }
  } catch (error) {
    void reader.cancel(error).catch(() => {});
    throw error;
  }
  reader.releaseLock();
  return { chunks };
}

function join(chunks: Chunk[], size: number): Chunk {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
