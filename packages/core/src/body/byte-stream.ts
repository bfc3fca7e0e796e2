/**
 * Whether a body is a byte stream, which a reader can read into its own memory. A stream made from one must be one too;
 * any other must not, since a byte stream takes over the memory of its chunks, which may be shared.
 */
export function isByteStream(body: ReadableStream): boolean {
  try {
    body.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** What ends a stream, of bytes or of anything. */
interface StreamController {
  close(): void;
  readonly byobRequest?: { respond(bytes: number): void } | null;
}

/**
 * Ends a stream made by script. On a byte stream, a pending read into the reader's memory needs an answer of its own.
 */
export function closeStream(stream: StreamController): void {
  stream.close();
  stream.byobRequest?.respond(0);
}
