import { clean } from './response.ts';
import { type BareItem, type Member, parseMembers } from './structured-field.ts';

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

type Reader = (item: BareItem) => unknown;

/**
 * The members of a `RateLimit` field, or `undefined` when it is absent or void: one violation voids all of it.
 *
 * A name written as a Token is tolerated. draft-ietf-httpapi-ratelimit-headers-10 §4.1, RFC 9651 §2.2
 */
export function parseRateLimit(value: string | null | undefined): RateLimit[] | undefined {
  return readMembers<RateLimit>(value, ['string', 'token'], { r: count, t: count, pk: bytes });
}

/**
 * The members of a `RateLimit-Policy` field, or `undefined` when it is absent, empty or void.
 *
 * draft-ietf-httpapi-ratelimit-headers-10 §3.1
 */
export function parseRateLimitPolicy(value: string | null | undefined): RateLimitPolicy[] | undefined {
  const policies = readMembers<RateLimitPolicy>(value, ['string'], { q: count, qu: string, w: positive, pk: bytes });
  return policies?.length ? policies.map((policy) => ({ ...policy, qu: policy.qu ?? 'requests' })) : undefined;
}

/** The first of the readers is for the parameter that has to be there. */
function readMembers<T>(value: unknown, names: BareItem['type'][], readers: Record<string, Reader>): T[] | undefined {
  const read: T[] = [];
  const members = parseMembers(clean(value));
  for (const member of members ?? []) {
    const one = names.includes(member.type) && readMember(member, readers);
    if (!one) return undefined;
    read.push(one as T);
  }
  return members && read;
}

function readMember({ text, parameters }: Member, readers: Record<string, Reader>): object | undefined {
  const member: Record<string, unknown> = { name: text };
  for (const [key, read] of Object.entries(readers)) {
    const item = parameters.get(key);
    if (!item) continue;
    member[key] = read(item);
    if (member[key] === undefined) return undefined;
  }
  return Object.keys(readers)[0]! in member ? member : undefined;
}

/** A non-negative Integer; `-0` is one. */
export function count(item: BareItem | undefined): number | undefined {
  if (item?.type !== 'integer') return undefined;
  const number = Number(item.text);
  return number >= 0 ? Math.abs(number) : undefined;
}

function positive(item: BareItem): number | undefined {
  return count(item) || undefined;
}

function string({ type, text }: BareItem): string | undefined {
  return type === 'string' ? text : undefined;
}

function bytes({ type, text }: BareItem): string | undefined {
  return type === 'bytes' ? text : undefined;
}
