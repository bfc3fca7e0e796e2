/**
 * Whether a body is a byte stream, which a reader can read into its own memory. A stream made from a byte stream must be one too.
 * A stream made from any other must not, since a byte stream takes over the memory of its chunks, which may be shared.
 */
export function isByteStream(body: ReadableStream): boolean {
  try {
    body.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** The controller of a byte stream or of any other stream. */
interface StreamController {
  close(): void;
  readonly byobRequest?: { respond(bytes: number): void } | null;
}

/**
 * Ends a stream made by script. A pending read into the reader's memory, on a byte stream, must be answered separately.
 */
export function closeStream(stream: StreamController): void {
  stream.close();
  stream.byobRequest?.respond(0);
}
