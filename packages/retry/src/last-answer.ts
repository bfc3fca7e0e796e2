import type { Call } from '@steadfetch/core';
import { serverDelay } from '@steadfetch/server-hints';
import type { Policy } from './policy.ts';

/** Keeps of a response that is let go what an error made later can tell. */
export function keepAnswer({ record }: Call, response: Response, { clock }: Policy): void {
  const { status, headers } = response;
  const retryAfter = serverDelay(response, { now: clock.now() })?.ms;
  record.lastAnswer = { status, headers: new Headers(headers), ...(retryAfter === undefined ? {} : { retryAfter }) };
}
