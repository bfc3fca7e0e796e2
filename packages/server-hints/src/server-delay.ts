import { parseDecimal, toWait } from './milliseconds.ts';
import { parseReset } from './parse-reset.ts';
import { type NowOption, parseRetryAfter } from './parse-retry-after.ts';
import { BUCKET_FIELDS, isNoQuota, QUOTA_FIELDS, readRemaining, readReset } from './quota-fields.ts';
import { readRateLimit } from './read-rate-limit.ts';
import { field, type HintedResponse } from './response.ts';
import { age, serverTime } from './server-time.ts';

/** How long a server asks to wait. */
export interface ServerDelay {
  /** Whole milliseconds from now, from 0 to 2^31 seconds, which is more than a timer can hold. */
  ms: number;
  /** The field that says so, in lower case. */
  source: string;
}

/**
 * How long the server asks to wait before another attempt; `undefined` without a usable field.
 *
 * The first usable field counts: `retry-after-ms`, `x-ms-retry-after-ms` (unless `Retry-After` asks for a second more),
 * `Retry-After`, `X-RateLimit-Retry-After`, `RateLimit`, `RateLimit-Reset`, `X-RateLimit-Reset`, `X-Rate-Limit-Reset`
 * (before each, the same with `-After`), the buckets of OpenAI, Linear and Anthropic. A malformed field counts as absent. A reset
 * counts if nothing remains. If no field says what remains, it counts only on 429 and 503.
 *
 * Instants are compared with `Date` and `Age` of the response, not with the client's clock; an instant in the past is 0. For a
 * status of the 200s the result is `undefined`. The result does not say whether to retry, and a wait may be very long: if it is too
 * long, give up, since the server would refuse an earlier attempt.
 *
 * RFC 9110 §10.2.3, draft-ietf-httpapi-ratelimit-headers-10 §7
 */
export function serverDelay(response: HintedResponse, { now = Date.now() }: NowOption = {}): ServerDelay | undefined {
  if (response.status >= 200 && response.status < 300) return undefined;
  const time = serverTime(response, now);
  return (
    askedFor(response, time) ??
    asDelay(parseReset(field(response, 'x-ratelimit-retry-after'), time), 'x-ratelimit-retry-after') ??
    exhaustedPolicy(response) ??
    QUOTA_FIELDS.map((fields) => reset(response, fields, time)).find(Boolean) ??
    longest(BUCKET_FIELDS.map((fields) => reset(response, fields, time)))
  );
}

/** The wait of the fields that state nothing else. */
function askedFor(response: HintedResponse, time: number): ServerDelay | undefined {
  const seconds = asDelay(parseRetryAfter(field(response, 'retry-after'), { now: time }), 'retry-after');
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const ms = asDelay(parseDecimal(field(response, name)), name);
    if (ms) return seconds && seconds.ms >= ms.ms + 1_000 ? seconds : ms;
  }
  return seconds;
}

/** The longest reset of all used-up policies. A response from a cache says nothing about the present. */
function exhaustedPolicy(response: HintedResponse): ServerDelay | undefined {
  const exhausted = age(response) > 0 ? [] : readRateLimit(response).filter(({ r }) => r === 0);
  return longest(exhausted.map(({ t }) => asDelay(t && t * 1_000, 'ratelimit')));
}

function reset(response: HintedResponse, fields: string, time: number): ServerDelay | undefined {
  if (isNoQuota(response, fields) || (fields === 'ratelimit-*' && age(response) > 0)) return undefined;
  const remaining = readRemaining(response, fields);
  const usable = remaining === undefined ? response.status === 429 || response.status === 503 : remaining === 0;
  return usable ? readReset(response, fields, time) : undefined;
}

function asDelay(ms: number | undefined, source: string): ServerDelay | undefined {
  return ms === undefined ? undefined : { ms: toWait(ms), source };
}

function longest(delays: (ServerDelay | undefined)[]): ServerDelay | undefined {
  return delays.filter((delay) => delay !== undefined).sort((a, b) => b.ms - a.ms)[0];
}
