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
