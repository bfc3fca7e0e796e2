import { discard, peek } from '@steadfetch/core';
import type { Options } from 'ky';

/** How much of a body that nobody waits for a hook can see, in bytes and in milliseconds. */
const MAX_DATA = 262_144;
const PATIENCE = 100;

/** Whether ky makes an `HTTPError` of a response. */
export function throwsFor({ ok, status }: Response, { throwHttpErrors = true }: Options): boolean {
  if (ok || status > 599) return false;
  return typeof throwHttpErrors === 'function' ? throwHttpErrors(status) : throwHttpErrors;
}

/** Lets go of a response, and keeps what of its text comes soon where a hook can look at `error.data`. */
export function release(response: Response, { hooks }: Options): string | Promise<string> {
  const text = hooks?.beforeRetry?.length ? peek(response, MAX_DATA, PATIENCE) : '';
  discard(response);
  return text;
}

/** The response with that text for a body. */
export function withText({ status, statusText, headers, url }: Response, text: string): Response {
  const response = new Response(text || null, { status, statusText, headers });
  return Object.defineProperty(response, 'url', { value: url });
}
