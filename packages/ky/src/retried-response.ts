import { discard, peek } from '@steadfetch/core';
import { withBody } from '@steadfetch/core/kit';
import type { Options } from 'ky';

/** How much of a body a condition or a hook can see, in bytes. */
export const MAX_DATA = 262_144;
/** For how long the body of a discarded response is read for that, in milliseconds. */
const PATIENCE = 100;

/** What ky takes for a response, and passes to its `afterResponse` hooks. */
export function isResponse(value: unknown): value is Response {
  return value instanceof globalThis.Response || Object.prototype.toString.call(value) === '[object Response]';
}

/** Whether ky makes an `HTTPError` of a response. */
export function throwsFor({ ok, status, type }: Response, { throwHttpErrors = true }: Options): boolean {
  if (ok || type === 'opaque') return false;
  return typeof throwHttpErrors === 'function' ? throwHttpErrors(status) : throwHttpErrors;
}

/** Discards a response, and returns what of its text comes soon, where `error.data` is read. */
export async function release(response: Response, seen: boolean): Promise<string> {
  const text = seen ? peek(response, MAX_DATA, PATIENCE).catch(() => '') : '';
  discard(response);
  return text;
}

/** The response with that text for a body; `undefined` where it is too odd to be copied. */
export function withText(response: Response, text: string): Response | undefined {
  try {
    return withBody(response, text || null);
  } catch {
    return undefined;
  }
}

/** Whether ky can let go of the body, as it does with each clone that it shows to a hook. A stream of Node is no such body. */
export function isCancellable({ body }: Response): boolean {
  return body === null || body === undefined || typeof body.cancel === 'function';
}

/** Makes the next clone of a response the response itself: what is not cloned need not be cancelled. */
export function shareOnce(response: Response): void {
  const clone = () => {
    Reflect.deleteProperty(response, 'clone');
    return response;
  };
  Object.defineProperty(response, 'clone', { value: clone, configurable: true });
}
