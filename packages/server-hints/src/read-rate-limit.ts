import { count, parseRateLimit } from './parse-rate-limit.ts';
import { field, type HintedResponse } from './response.ts';

/** A member of `RateLimit`, in its current form or in that of draft 7. */
export interface RateLimitMember {
  name?: string;
  r: number;
  t?: number;
  limit?: number | undefined;
}

/** The members of the `RateLimit` field of a response; none when it is absent or void in both forms. */
export function readRateLimit(response: HintedResponse): RateLimitMember[] {
  const value = field(response, 'ratelimit');
  if (value === undefined) return [];
  return parseRateLimit(value) ?? parseDraft7(value) ?? [];
}

/** `limit=100, remaining=0, reset=30`, also with parameters; the limit may be missing, since no wait depends on it. */
function parseDraft7(value: string): RateLimitMember[] | undefined {
  const members = new Map(
    value.split(',').map((member) => member.split(';')[0]!.trim().split('=') as [string, string]),
  );
  const [r, t, limit] = ['remaining', 'reset', 'limit'].map((key) => count(members.get(key) ?? ''));
  return r === undefined || t === undefined ? undefined : [{ r, t, limit }];
}
