import { toWait } from './milliseconds.ts';
import { parseReset } from './parse-reset.ts';
import { field, type HintedResponse } from './response.ts';

/** Fields that belong together, with `limit`, `remaining`, and `reset-after` or `reset` for the star. In order of precedence. */
export const QUOTA_FIELDS: readonly string[] = ['ratelimit-*', 'x-ratelimit-*', 'x-rate-limit-*'];

/** Several quotas side by side: OpenAI, Linear, Anthropic. The first ones count requests. */
export const BUCKET_FIELDS: readonly string[] = [
  'x-ratelimit-*-requests',
  'x-ratelimit-requests-*',
  'anthropic-ratelimit-requests-*',
  'x-ratelimit-*-tokens',
  'anthropic-ratelimit-tokens-*',
  'anthropic-ratelimit-input-tokens-*',
  'anthropic-ratelimit-output-tokens-*',
  'anthropic-ratelimit-unified-*',
];

/** What remains, or `undefined` where that is unreadable, or no quota is told. Negative where a server marks "no information" so. */
export function readRemaining(response: HintedResponse, fields: string): number | undefined {
  const value = field(response, fields.replace('*', 'remaining')) ?? '';
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(value) && !isNoQuota(response, fields) ? Number(value) : undefined;
}

/** When there is more, in milliseconds from `time`, and which field says so. */
export function readReset(
  response: HintedResponse,
  fields: string,
  time: number,
): { ms: number; source: string } | undefined {
  for (const part of ['reset-after', 'reset']) {
    const source = fields.replace('*', part);
    const ms = parseReset(field(response, source), time);
    if (ms !== undefined) return { ms: toWait(ms), source };
  }
  return undefined;
}

/** A limit of zero tells no quota: so Okta refuses what is too much at once, beside a reset that is a guess. */
export function isNoQuota(response: HintedResponse, fields: string): boolean {
  return field(response, fields.replace('*', 'limit')) === '0';
}
