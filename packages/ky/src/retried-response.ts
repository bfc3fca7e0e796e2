import { discard, peek } from '@steadfetch/core';
import { withBody } from '@steadfetch/core/kit';
import type { Options } from 'ky';

/** How much of a body we read for `error.data`, in bytes. A condition or a hook may look at it. */
export const MAX_DATA_BYTES = 262_144;
/** How long we read the body of a discarded response for `error.data`. A body that hangs must not hold up the retry. */
const READ_DATA_MS = 100;

/** Whether ky accepts a value as a response, and passes it to its `afterResponse` hooks. */
export function isResponse(value: unknown): value is Response {
  return value instanceof globalThis.Response || Object.prototype.toString.call(value) === '[object Response]';
}

/** Whether ky throws an `HTTPError` for a response. */
export function throwsFor({ ok, status, type }: Response, { throwHttpErrors = true }: Options): boolean {
  if (ok || type === 'opaque') return false;
  return typeof throwHttpErrors === 'function' ? throwHttpErrors(status) : throwHttpErrors;
}

/** Discards a response. If a hook may read `error.data`, returns the text that arrives within 100 ms. */
export async function release(response: Response, needsData: boolean): Promise<string> {
  const text = needsData ? peek(response, MAX_DATA_BYTES, READ_DATA_MS).catch(() => '') : '';
  discard(response);
  return text;
}

/** A copy of the response with this text as its body; `undefined` if it cannot be copied, such as one with the status 999. */
export function withText(response: Response, text: string): Response | undefined {
  try {
    return withBody(response, text || null);
  } catch {
    return undefined;
  }
}

/** Whether ky can cancel the body, as it does with each clone that it shows to a hook. It cannot cancel a Node stream. */
export function isCancellable({ body }: Response): boolean {
  return body === null || body === undefined || typeof body.cancel === 'function';
}

/** Makes the next `clone()` of a response return the response itself, so that ky makes no clone that it would have to cancel. */
export function shareOnce(response: Response): void {
  const clone = () => {
    Reflect.deleteProperty(response, 'clone');
    return response;
  };
  Object.defineProperty(response, 'clone', { value: clone, configurable: true });
}
