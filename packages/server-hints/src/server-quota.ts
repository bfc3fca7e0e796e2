import { parseDecimal, toWait } from './milliseconds.ts';
import { parseRateLimitPolicy } from './parse-rate-limit.ts';
import type { NowOption } from './parse-retry-after.ts';
import { BUCKET_FIELDS, QUOTA_FIELDS, readRemaining, readReset } from './quota-fields.ts';
import { readRateLimit } from './read-rate-limit.ts';
import { field, type HintedResponse } from './response.ts';
import { age, serverTime } from './server-time.ts';

/** What is left of a quota. */
export interface ServerQuota {
  /** The name of the policy, where there are several: `"default"` of `RateLimit`, `requests`, `input-tokens`. */
  name?: string;
  /** What is counted, where that is not requests: `tokens`, `content-bytes`. */
  unit?: string;
  /** Units per window. */
  limit?: number;
  /** The length of the window, in milliseconds. */
  window?: number;
  /** Units that are left. */
  remaining: number;
  /** Milliseconds until there is more; 0 when that moment has passed. */
  reset?: number;
  /** The field that says what remains, in lower case. */
  source: string;
}

/**
 * What a response of any status says is left of its quota, or `undefined` without a usable field.
 *
 * The first usable of: `RateLimit` (of several policies the one with the least left; with its `RateLimit-Policy`),
 * `RateLimit-*`, `X-RateLimit-*`, `X-Rate-Limit-*`, the buckets of OpenAI, Linear and Anthropic. What counts other
 * things than requests (tokens, bytes) counts only when nothing of it remains. A response out of a cache, by
 * its `Age`, says nothing about now.
 */
export function serverQuota(response: HintedResponse, { now = Date.now() }: NowOption = {}): ServerQuota | undefined {
  if (age(response) > 0) return undefined;
  const counted = ({ unit, remaining }: ServerQuota) => unit === undefined || remaining === 0;
  const found =
    least(readPolicies(response).filter(counted)) ??
    first(readFields(response, now)) ??
    least(readBuckets(response, now).filter(counted));
  if (found === undefined) return undefined;
  const { name: _, unit: __, ...quota } = found;
  return quota;
}

/**
 * All that a response of any status says about quotas, of whatever unit: the policies of `RateLimit`, else the first
 * usable of `RateLimit-*`, `X-RateLimit-*` and `X-Rate-Limit-*`; and the buckets of OpenAI, Linear and Anthropic. Where
 * there are several, each has a name. Empty for a response out of a cache.
 */
export function serverQuotas(response: HintedResponse, { now = Date.now() }: NowOption = {}): ServerQuota[] {
  if (age(response) > 0) return [];
  const policies = readPolicies(response);
  const single = policies.length > 0 ? undefined : first(readFields(response, now));
  return [...policies, ...(single ? [single] : []), ...readBuckets(response, now)];
}

function readPolicies(response: HintedResponse): ServerQuota[] {
  const members = readRateLimit(response);
  if (members.length === 0) return [];
  const policies = new Map(
    parseRateLimitPolicy(field(response, 'ratelimit-policy'))?.map((policy) => [policy.name, policy]),
  );
  return members.map(({ name, r, t, limit }) => {
    const policy = name === undefined ? undefined : policies.get(name);
    const unit = policy && policy.qu !== 'requests' ? policy.qu : undefined;
    const optional = { name, unit, limit: limit ?? policy?.q, window: seconds(policy?.w), reset: seconds(t) };
    return { ...defined(optional), remaining: r, source: 'ratelimit' };
  });
}

function readFields(response: HintedResponse, now: number): ServerQuota[] {
  return QUOTA_FIELDS.flatMap((fields) => readQuota(response, fields, now) ?? []);
}

function readBuckets(response: HintedResponse, now: number): ServerQuota[] {
  return BUCKET_FIELDS.flatMap((fields) => {
    const quota = readQuota(response, fields, now);
    const name = fields.replace(/^(?:x|anthropic)-ratelimit-|-?\*-?/g, '');
    return quota ? { ...quota, name, ...(name === 'requests' ? {} : { unit: name }) } : [];
  });
}

/** Nothing for a negative remainder, which marks "no information". */
function readQuota(response: HintedResponse, fields: string, now: number): ServerQuota | undefined {
  const remaining = readRemaining(response, fields);
  if (remaining === undefined || remaining < 0) return undefined;
  const name = (part: string) => fields.replace('*', part);
  const optional = {
    // Up to draft 6 the policies may follow: `100, 100;w=60`.
    limit: parseDecimal(/^[^,;]*/.exec(field(response, name('limit')) ?? '')![0]),
    reset: readReset(response, fields, serverTime(response, now))?.ms,
  };
  return { ...defined(optional), remaining, source: name('remaining') };
}

type Optional = { [Name in 'name' | 'unit' | 'limit' | 'window' | 'reset']?: ServerQuota[Name] | undefined };

/** Leaves out what is undefined. */
function defined(members: Optional): Partial<ServerQuota> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function seconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : toWait(value * 1_000);
}

/** The one whose reset is known, if there is one. */
function first(quotas: readonly ServerQuota[]): ServerQuota | undefined {
  return quotas.find(({ reset }) => reset !== undefined) ?? quotas[0];
}

/** The one with the least left; of several, the one that lasts longest. */
function least(quotas: ServerQuota[]): ServerQuota | undefined {
  return quotas.sort((a, b) => a.remaining - b.remaining || (b.reset ?? 0) - (a.reset ?? 0))[0];
}
