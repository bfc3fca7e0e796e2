import { BUCKET_FIELDS, QUOTA_FIELDS, readRemaining } from './quota-fields.ts';
import { readRateLimit } from './read-rate-limit.ts';
import type { HintedResponse } from './response.ts';
import { serverDelay } from './server-delay.ts';

/**
 * Whether a response is refused because of a rate limit: a 429; or a 403, 503 or 529 with a usable wait or a used-up quota. GitHub
 * throttles with 403, and reports quotas on every other 403 too, so a quota that is not used up proves nothing.
 */
export function isThrottled(response: HintedResponse): boolean {
  if (response.status === 429) return true;
  if (![403, 503, 529].includes(response.status)) return false;
  return serverDelay(response) !== undefined || isExhausted(response);
}

function isExhausted(response: HintedResponse): boolean {
  const exhausted = readRateLimit(response).some(({ r }) => r === 0);
  return exhausted || [...QUOTA_FIELDS, ...BUCKET_FIELDS].some((fields) => readRemaining(response, fields) === 0);
}
