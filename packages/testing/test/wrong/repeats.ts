import { setTimeout as delay } from 'node:timers/promises';
import { Call, discard, type Fetch } from '@steadfetch/core';
import { sleep } from './sleep.ts';

/** Repeats a plain call once after a 503. */
export const again =
  (next: Fetch, repeat: Fetch, letGo: (response: Response) => void = discard): Fetch =>
  async (input, init) => {
    const response = await next(input, init);
    const isPlain = !(input instanceof Request) && init?.method !== 'POST' && !(init?.body instanceof ReadableStream);
    if (response.status !== 503 || !isPlain) return response;
    letGo(response);
    await delay(1);
    return repeat(input, init);
  };

/** Repeats a call that may be repeated once after an error, as a loop of `try` and `catch`. */
export const afterError =
  (next: Fetch, repeat: Fetch): Fetch =>
  async (input, init) => {
    try {
      return await next(input, init);
    } catch (error) {
      const { method, signal } = Call.from(input, init);
      if (!['GET', 'PUT'].includes(method) || signal?.aborted) throw error;
      await sleep(1, signal);
      return repeat(input, init);
    }
  };
