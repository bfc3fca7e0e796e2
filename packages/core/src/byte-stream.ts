/**
 * Whether a body can be read into memory of the reader's own. Bytes in, bytes out; others stay as they are, since a
 * byte stream takes the memory of its chunks, which may be shared.
 */
export function isByteStream(body: ReadableStream): boolean {
  try {
    body.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** Ends a stream made by script. A byte stream leaves a read into the reader's own memory open until it is answered. */
export function closeStream(stream: ReadableStreamController<Uint8Array<ArrayBuffer>>): void {
  stream.close();
  if ('byobRequest' in stream) stream.byobRequest?.respond(0);
}
