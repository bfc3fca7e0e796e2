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

/**
 * The members of a `RateLimit` field, or `undefined` when it is absent or void: one violation voids all of it.
 *
 * A name written as a Token is tolerated. draft-ietf-httpapi-ratelimit-headers-10 §4.1, RFC 9651 §2.2
 */
export function parseRateLimit(value: string | null | undefined): RateLimit[] | undefined {
  return readMembers(value, 'r', { name: (name) => string(name) ?? token(name), r: count, t: count, pk: bytes });
}

/**
 * The members of a `RateLimit-Policy` field, or `undefined` when it is absent, empty or void.
 *
 * draft-ietf-httpapi-ratelimit-headers-10 §3.1
 */
export function parseRateLimitPolicy(value: string | null | undefined): RateLimitPolicy[] | undefined {
  const readers = { name: string, q: count, qu: string, w: positive, pk: bytes };
  const policies = readMembers<RateLimitPolicy>(value, 'q', readers);
  return policies?.length ? policies.map((policy) => ({ ...policy, qu: policy.qu ?? 'requests' })) : undefined;
}

type Readers<T> = { [Name in keyof T]-?: (value: string) => T[Name] | undefined };

/** The members of a list, each with its value as `name`; `undefined` where one has no `needed`, or what a reader does not take. */
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
