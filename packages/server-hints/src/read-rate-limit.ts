import { count, parseRateLimit } from './parse-rate-limit.ts';
import { field, type HintedResponse } from './response.ts';

/** A member of `RateLimit`, in the current form or that of draft 7. */
export interface RateLimitMember {
  name?: string;
  r: number;
  t?: number;
  limit?: number | undefined;
}

/** The members of the `RateLimit` field of a response; none if it is absent or invalid in both forms. */
export function readRateLimit(response: HintedResponse): RateLimitMember[] {
  const value = field(response, 'ratelimit');
  if (value === undefined) return [];
  return parseRateLimit(value) ?? parseDraft7(value) ?? [];
}

/** Parses `limit=100, remaining=0, reset=30`, and ignores parameters. The limit is optional, since no wait depends on it. */
function parseDraft7(value: string): RateLimitMember[] | undefined {
  const members = new Map(
    value.split(',').map((member) => member.split(';')[0]!.trim().split('=') as [string, string]),
  );
  const [r, t, limit] = ['remaining', 'reset', 'limit'].map((key) => count(members.get(key) ?? ''));
  return r === undefined || t === undefined ? undefined : [{ r, t, limit }];
}
