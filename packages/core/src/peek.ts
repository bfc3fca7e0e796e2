/**
 * The first bytes of a response's body as text, without consuming it: the response can still be read in full.
 *
 * Holds at most about `maxBytes` in memory, whatever the size of the body. Gives '' where there is no body, or where
 * it is already used.
 */
export async function peek(response: Response, maxBytes = 16_384): Promise<string> {
  if (!response.body || response.bodyUsed || response.body.locked) return '';
  const reader = response.clone().body!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let left = maxBytes; left > 0; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value.subarray(0, left), { stream: true });
    left -= value.byteLength;
  }
  void reader.cancel().catch(() => {});
  return text;
}
