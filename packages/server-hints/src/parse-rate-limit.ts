import { clean } from './response.ts';
import { parseMembers } from './structured-field.ts';

/** A member of `RateLimit`: what is left of the quota of one policy. */
export interface RateLimit {
  /** The name of the policy. */
  name: string;
  /** Quota units that remain. */
  r: number;
  /** Seconds until more units are available. */
  t?: number;
  /** The partition key, in base64. */
  pk?: string;
}

/** A member of `RateLimit-Policy`: one policy of a server. */
export interface RateLimitPolicy {
  /** The name of the policy. */
  name: string;
  /** Quota units per window. */
  q: number;
  /** The quota unit: what the policy counts. @default 'requests' */
  qu: string;
  /** The length of the window, in seconds. */
  w?: number;
  /** The partition key, in base64. */
  pk?: string;
}

/**
 * Parses a `RateLimit` field. Returns `undefined` if it is absent or invalid: one violation makes the whole field invalid.
 *
 * A name may also be a Token. draft-ietf-httpapi-ratelimit-headers-10 §4.1, RFC 9651 §2.2
 */
export function parseRateLimit(value: string | null | undefined): RateLimit[] | undefined {
  return readMembers(value, 'r', { name: (name) => string(name) ?? token(name), r: count, t: count, pk: bytes });
}

/**
 * Parses a `RateLimit-Policy` field. Returns `undefined` if it is absent, empty or invalid.
 *
 * draft-ietf-httpapi-ratelimit-headers-10 §3.1
 */
export function parseRateLimitPolicy(value: string | null | undefined): RateLimitPolicy[] | undefined {
  const readers = { name: string, q: count, qu: string, w: positive, pk: bytes };
  const policies = readMembers<RateLimitPolicy>(value, 'q', readers);
  return policies?.length ? policies.map((policy) => ({ ...policy, qu: policy.qu ?? 'requests' })) : undefined;
}

type Readers<T> = { [Name in keyof T]-?: (value: string) => T[Name] | undefined };

/** Parses a list: the value of a member is its `name`. `undefined` if one has no parameter `needed`, or a reader rejects a value. */
function readMembers<T>(field: unknown, needed: string, readers: Readers<T>): T[] | undefined {
  const members = parseMembers(clean(field))?.map(({ value, parameters }) => {
    const read: Partial<T> = {};
    for (const name in readers) {
      const given = (name as string) === 'name' ? value : parameters.get(name);
      if (given === undefined && name !== needed) continue;
      read[name] = given === undefined ? given : readers[name](given);
      if (read[name] === undefined) return undefined;
    }
    return read as T;
  });
  return members?.includes(undefined) ? undefined : (members as T[] | undefined);
}

/** Parses a non-negative Integer, also `-0`. */
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
