import { clean } from './response.ts';
import { parseMembers } from './structured-field.ts';

/** What is left of one policy's quota: a member of `RateLimit`. */
export interface RateLimit {
  /** The name of the policy. */
  name: string;
  /** Quota units that remain. */
  r: number;
  /** Seconds until there is more. */
  t?: number;
  /** The partition key, in base64. */
  pk?: string;
}

/** One policy of a server: a member of `RateLimit-Policy`. */
export interface RateLimitPolicy {
  /** The name of the policy. */
  name: string;
  /** Quota units per window. */
  q: number;
  /** What is counted. @default 'requests' */
  qu: string;
  /** The length of the window, in seconds. */
  w?: number;
  /** The partition key, in base64. */
  pk?: string;
}

type Reader = (value: string) => unknown;

/**
 * The members of a `RateLimit` field, or `undefined` when it is absent or void: one violation voids all of it.
 *
 * A name written as a Token is tolerated. draft-ietf-httpapi-ratelimit-headers-10 §4.1, RFC 9651 §2.2
 */
export function parseRateLimit(value: string | null | undefined): RateLimit[] | undefined {
  return readMembers<RateLimit>(value, (name) => string(name) ?? token(name), { r: count, t: count, pk: bytes });
}

/**
 * The members of a `RateLimit-Policy` field, or `undefined` when it is absent, empty or void.
 *
 * draft-ietf-httpapi-ratelimit-headers-10 §3.1
 */
export function parseRateLimitPolicy(value: string | null | undefined): RateLimitPolicy[] | undefined {
  const readers = { q: count, qu: string, w: positive, pk: bytes };
  const policies = readMembers<RateLimitPolicy>(value, string, readers);
  return policies?.length ? policies.map((policy) => ({ ...policy, qu: policy.qu ?? 'requests' })) : undefined;
}

/** The first of the readers is for the parameter that has to be there. */
function readMembers<T>(field: unknown, readName: Reader, readers: Record<string, Reader>): T[] | undefined {
  const read: T[] = [];
  const members = parseMembers(clean(field));
  for (const { value, parameters } of members ?? []) {
    const name = readName(value);
    const rest = readParameters(parameters, readers);
    if (name === undefined || !rest) return undefined;
    read.push({ name, ...rest } as T);
  }
  return members && read;
}

function readParameters(parameters: Map<string, string>, readers: Record<string, Reader>): object | undefined {
  const read: Record<string, unknown> = {};
  for (const [key, reader] of Object.entries(readers)) {
    const value = parameters.get(key);
    if (value === undefined) continue;
    read[key] = reader(value);
    if (read[key] === undefined) return undefined;
  }
  return Object.keys(readers)[0]! in read ? read : undefined;
}

/** A non-negative Integer; `-0` is one. */
export function count(value: string): number | undefined {
  return /^(?:[0-9]+|-0+)$/.test(value) ? Math.abs(Number(value)) : undefined;
}

function positive(value: string): number | undefined {
  return count(value) || undefined;
}

function string(value: string): string | undefined {
  return value[0] === '"' ? value.slice(1, -1).replace(/\\(.)/g, '$1') : undefined;
}

function token(value: string): string | undefined {
  return /^[a-z*]/i.test(value) ? value : undefined;
}

function bytes(value: string): string | undefined {
  return value[0] === ':' ? value.slice(1, -1) : undefined;
}
