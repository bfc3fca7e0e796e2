import { notify } from '../events/notify.ts';
import { MAX_TIMER } from '../time/clock.ts';
import { after } from './after.ts';

/**
 * Returns the first bytes of a response's body as text. The response can still be read in full.
 *
 * Holds at most about `maxBytes` in memory, whatever the size of the body, and waits at most `patience` milliseconds.
 * Returns the text that arrived in that time, also from a body that breaks; '' without a body, or if it was already read.
 */
export async function peek(response: Response, maxBytes = 16_384, patience = 1_000): Promise<string> {
  if (response.body === undefined && !response.bodyUsed) return peekWhole(response, maxBytes, patience);
  if (!response.body?.getReader || response.bodyUsed || response.body.locked) return '';
  const reader = response.clone().body!.getReader();
  const cancel = () => notify(() => reader.cancel());
  const stop = after(Math.min(patience, MAX_TIMER), cancel);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let left = maxBytes; left > 0; ) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= value.byteLength || 1; // counts empty chunks too, so that a stream of them ends
    }
  } catch {
    // whoever reads the response gets the error
  } finally {
    stop();
    cancel();
  }
  return text;
}

/** For runtimes whose `Response` has no stream, such as React Native: the whole body has arrived already. */
async function peekWhole(response: Response, maxBytes: number, patience: number): Promise<string> {
  let stop: (() => void) | undefined;
  const late = new Promise<string>((resolve) => {
    stop = after(Math.min(patience, MAX_TIMER), () => resolve(''));
  });
  try {
    return (await Promise.race([response.clone().text(), late])).slice(0, maxBytes);
  } catch {
    return '';
  } finally {
    stop?.();
  }
}
