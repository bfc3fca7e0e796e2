import { parseDecimal, wait } from './milliseconds.ts';
import { parseRateLimitPolicy } from './parse-rate-limit.ts';
import { parseReset } from './parse-reset.ts';
import type { NowOption } from './parse-retry-after.ts';
import { BUCKET_FIELDS, QUOTA_FIELDS, type QuotaFields, readRemaining } from './quota-fields.ts';
import { readRateLimit } from './read-rate-limit.ts';
import { field, type HintedResponse } from './response.ts';
import { age, serverTime } from './server-time.ts';

/** What is left of a quota of requests. */
export interface ServerQuota {
  /** Requests per window. */
  limit?: number;
  /** The length of the window, in milliseconds. */
  window?: number;
  /** Requests that may still be sent. */
  remaining: number;
  /** Milliseconds until there is more; 0 when that moment has passed. */
  reset?: number;
  /** The field that says what remains, in lower case. */
  source: string;
}

/**
 * What a response of any status says is left of its quota, or `undefined` when it says nothing usable.
 *
 * The first usable of: `RateLimit` (of several policies the one with the least left; with its `RateLimit-Policy`),
 * `RateLimit-*`, `X-RateLimit-*`, `X-Rate-Limit-*`, the buckets of OpenAI, Linear and Anthropic. What counts other
 * things than requests (tokens, bytes) is looked at only when nothing of it remains. A response out of a cache, by
 * its `Age`, says nothing about now.
 */
export function serverQuota(response: HintedResponse, { now = Date.now() }: NowOption = {}): ServerQuota | undefined {
  if (age(response) > 0) return undefined;
  const single = QUOTA_FIELDS.map((fields) => readQuota(response, fields, now)).filter((quota) => quota !== undefined);
  return (
    least(readPolicies(response)) ??
    single.find(({ reset }) => reset !== undefined) ??
    single[0] ??
    least(BUCKET_FIELDS.map((fields) => readQuota(response, fields, now)))
  );
}

function readPolicies(response: HintedResponse): (ServerQuota | undefined)[] {
  const members = readRateLimit(response);
  if (members.length === 0) return [];
  const policies = parseRateLimitPolicy(field(response, 'ratelimit-policy')) ?? [];
  return members.map(({ name, r, t, limit }) => {
    const policy = policies.find((one) => one.name === name);
    const counted = !policy || policy.qu === 'requests';
    return quota(counted, 'ratelimit', r, { limit: limit ?? policy?.q, window: seconds(policy?.w), reset: seconds(t) });
  });
}

function readQuota(response: HintedResponse, fields: QuotaFields, now: number): ServerQuota | undefined {
  const remaining = readRemaining(response, fields);
  if (remaining === undefined) return undefined;
  const reset = parseReset(field(response, fields.reset), serverTime(response, now));
  return quota(!/token|unified/.test(fields.remaining), fields.remaining, remaining, {
    // Up to draft 6 the policies may follow: `100, 100;w=60`.
    limit: parseDecimal(/^[^,;]*/.exec(field(response, fields.limit) ?? '')![0]),
    reset: reset === undefined ? undefined : wait(reset),
  });
}

/** Nothing for a negative remainder, which marks "no information", nor for one of another unit that is not used up. */
function quota(counted: boolean, source: string, remaining: number, rest: Rest): ServerQuota | undefined {
  if (remaining < 0 || (remaining > 0 && !counted)) return undefined;
  const known = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(known), remaining, source };
}

type Rest = { [Name in 'limit' | 'window' | 'reset']?: number | undefined };

function seconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : wait(value * 1_000);
}

/** The one with the least left; of several, the one that lasts longest. */
function least(quotas: (ServerQuota | undefined)[]): ServerQuota | undefined {
  const known = quotas.filter((one) => one !== undefined);
  return known.sort((a, b) => a.remaining - b.remaining || (b.reset ?? 0) - (a.reset ?? 0))[0];
}
