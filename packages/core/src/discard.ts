/**
 * Lets go of a response nobody will read, without ever being waited for.
 *
 * A small body is drained so that its connection can be used again, one that is larger than `maxBytes` or takes longer
 * than `patience` milliseconds is cancelled. Never throws: `cancel()` of a cloned response stays
 * pending for good, so nothing here is awaited by a caller.
 */
export function discard(
  response: Response,
  { maxBytes = 262_144, patience = 100 }: { maxBytes?: number; patience?: number } = {},
): void {
  const { body } = response;
  // node-fetch gives a Node stream
  if (!body?.getReader || body.locked || response.bodyUsed) return;
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  const timer = setTimeout(cancel, patience);
  void drain(reader, maxBytes)
    .catch(() => {})
    .finally(() => {
      clearTimeout(timer);
      cancel();
    });
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<void> {
  for (let bytes = 0; bytes <= maxBytes; ) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.byteLength;
  }
}
