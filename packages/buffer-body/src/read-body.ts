import { notify } from '@steadfetch/core';
import { abortable } from '@steadfetch/core/kit';

export type Chunk = Uint8Array<ArrayBuffer>;

/**
 * What was read of a body: all of it; or its beginning and the chunk that came next, with the rest still in the body.
 */
export type Reading = { bytes: Chunk } | Beginning;

export interface Beginning {
  readonly bytes: Chunk;
  readonly next: unknown;
}

/**
 * Reads to the end, or until there are more than `maxBytes`, or a chunk is not made of bytes. Rejects when the body
 * fails, and at once on an abort.
 *
 * The bytes are copied into one memory: a chunk kept may hold a hundred times its size, or the buffer it was cut from.
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

/** After so many empty chunks in a row timers get their turn: a limit must be able to end a body that brings nothing. */
const EMPTY = 1_000;

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
    else if (empty % EMPTY === EMPTY - 1) await new Promise((resolve) => setTimeout(resolve));
    memory = grown(memory, size + value.byteLength, maxBytes);
    memory.set(value, size);
    size += value.byteLength;
  }
}

/** By its tag: it may be of another realm. */
function isBytes(chunk: unknown): boolean {
  return Object.prototype.toString.call(chunk) === '[object Uint8Array]';
}

/** Doubles when it must grow, so that all copies together cost no more than the last one. */
function grown(memory: Chunk, size: number, maxBytes: number): Chunk {
  if (size <= memory.byteLength) return memory;
  const larger = new Uint8Array(Math.max(size, Math.min(2 * memory.byteLength, maxBytes)));
  larger.set(memory);
  return larger;
}
