import { notify } from '@steadfetch/core';
import { abortable } from '@steadfetch/core/kit';

export type Chunk = Uint8Array<ArrayBuffer>;

/**
 * The bytes of a whole body; or its beginning and the chunk that came next, with the rest still unread.
 */
export type Reading = { bytes: Chunk } | Beginning;

export interface Beginning {
  readonly bytes: Chunk;
  readonly next: unknown;
}

/**
 * Reads a body to its end, or until there are more than `maxBytes`, or a chunk is not bytes. Rejects if the body fails, and at
 * once on an abort.
 *
 * Copies the bytes into one buffer: to keep the chunks could hold a hundred times their size, or the buffers they are cut from.
 */
export async function readBody(
  body: ReadableStream<Chunk>,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Reading> {
  const reader = body.getReader();
  try {
    return await abortable(readOn(reader, maxBytes), signal);
  } catch (error) {
    notify(() => (body.locked ? reader : body).cancel(error));
    throw error;
  }
}

/** After this many empty chunks in a row the loop lets timers run, so that a timeout can end a body that brings nothing. */
const MAX_EMPTY_CHUNKS = 1_000;

async function readOn(reader: ReadableStreamDefaultReader<Chunk>, maxBytes: number): Promise<Reading> {
  let memory: Chunk = new Uint8Array(0);
  let size = 0;
  for (let empty = 0; ; empty++) {
    const { done, value } = await reader.read();
    if (done) return { bytes: memory.subarray(0, size) };
    if (!isBytes(value) || size + value.byteLength > maxBytes) {
      reader.releaseLock();
      return { bytes: memory.subarray(0, size), next: value };
    }
    if (value.byteLength > 0) empty = 0;
    else if (empty % MAX_EMPTY_CHUNKS === MAX_EMPTY_CHUNKS - 1) await new Promise((resolve) => setTimeout(resolve));
    memory = grow(memory, size + value.byteLength, maxBytes);
    memory.set(value, size);
    size += value.byteLength;
  }
}

/** Reads the tag, since the chunk may come from another realm. */
function isBytes(chunk: unknown): boolean {
  return Object.prototype.toString.call(chunk) === '[object Uint8Array]';
}

/** Returns a buffer that holds `size` bytes. It doubles, so that all earlier copies together cost no more than the last one. */
function grow(memory: Chunk, size: number, maxBytes: number): Chunk {
  if (size <= memory.byteLength) return memory;
  const larger = new Uint8Array(Math.max(size, Math.min(2 * memory.byteLength, maxBytes)));
  larger.set(memory);
  return larger;
}
