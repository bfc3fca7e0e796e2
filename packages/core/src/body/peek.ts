import { notify } from '../events/notify.ts';
import { MAX_TIMER } from '../time/clock.ts';
import { after } from './after.ts';

/**
 * The first bytes of a response's body as text, without consuming it: the response can still be read in full.
 *
 * Holds at most about `maxBytes` in memory, whatever the size of the body, and waits at most `patience` milliseconds.
 * Returns what came by then, also of a body that breaks; '' where there is none, or where it is already used.
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
      left -= value.byteLength || 1; // a stream of empty chunks must end too
    }
  } catch {
    // the reader of the response gets the error
  } finally {
    stop();
    cancel();
  }
  return text;
}

/** Where a `Response` has no stream, as in React Native, the whole body has come already. */
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
