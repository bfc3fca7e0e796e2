import { parseDecimal, toWait } from './milliseconds.ts';
import { parseRateLimitPolicy } from './parse-rate-limit.ts';
import type { NowOption } from './parse-retry-after.ts';
import { BUCKET_FIELDS, QUOTA_FIELDS, readRemaining, readReset } from './quota-fields.ts';
import { readRateLimit } from './read-rate-limit.ts';
import { field, type HintedResponse } from './response.ts';
import { age, serverTime } from './server-time.ts';

/** A quota, and what is left of it. */
export interface ServerQuota {
  /** The name of the policy if there may be several, such as `default` of `RateLimit`, `requests` or `input-tokens`. */
  name?: string;
  /** What is counted, if not requests: `tokens`, `content-bytes`. */
  unit?: string;
  /** Units per window. */
  limit?: number;
  /** The length of the window, in milliseconds. */
  window?: number;
  /** How many units are left. */
  remaining: number;
  /** Milliseconds until more units are available; 0 if that instant has passed. */
  reset?: number;
  /** The field that reports `remaining`, in lower case. */
  source: string;
}

/**
 * What a response of any status says is left of a quota; `undefined` without a usable field.
 *
 * The first usable field counts: `RateLimit` with its `RateLimit-Policy` (of several policies the one with the least left),
 * `RateLimit-*`, `X-RateLimit-*`, `X-Rate-Limit-*`, the buckets of OpenAI, Linear and Anthropic. A quota of other units than requests
 * (tokens, bytes) counts only if it is used up. A response from a cache (`Age` above 0) is ignored, since it says nothing about the
 * present.
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
 * All quotas that a response of any status reports, of any unit: the policies of `RateLimit`, or else the first usable of
 * `RateLimit-*`, `X-RateLimit-*` and `X-Rate-Limit-*`; and the buckets of OpenAI, Linear and Anthropic. Policies and buckets have
 * names. Empty for a response from a cache.
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

/** Returns `undefined` if `remaining` is negative, which means "unknown". */
function readQuota(response: HintedResponse, fields: string, now: number): ServerQuota | undefined {
  const remaining = readRemaining(response, fields);
  if (remaining === undefined || remaining < 0) return undefined;
  const name = (part: string) => fields.replace('*', part);
  const optional = {
    // Up to draft 6 the limit may be followed by policies: `100, 100;w=60`.
    limit: parseDecimal(/^[^,;]*/.exec(field(response, name('limit')) ?? '')![0]),
    reset: readReset(response, fields, serverTime(response, now))?.ms,
  };
  return { ...defined(optional), remaining, source: name('remaining') };
}

type Optional = { [Name in 'name' | 'unit' | 'limit' | 'window' | 'reset']?: ServerQuota[Name] | undefined };

/** Removes undefined members. */
function defined(members: Optional): Partial<ServerQuota> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function seconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : toWait(value * 1_000);
}

/** The first quota with a known reset, or else the first. */
function first(quotas: readonly ServerQuota[]): ServerQuota | undefined {
  return quotas.find(({ reset }) => reset !== undefined) ?? quotas[0];
}

/** The quota with the least left; of several, the one with the latest reset. */
function least(quotas: ServerQuota[]): ServerQuota | undefined {
  return quotas.sort((a, b) => a.remaining - b.remaining || (b.reset ?? 0) - (a.reset ?? 0))[0];
}
