import { field, type HintedResponse } from './response.ts';

/** Three fields that belong together. */
export interface QuotaFields {
  limit: string;
  remaining: string;
  reset: string;
}

/** In order of precedence. */
export const QUOTA_FIELDS: readonly QuotaFields[] = [
  named('ratelimit-*'),
  { ...named('x-ratelimit-*'), reset: 'x-ratelimit-reset-after' },
  named('x-ratelimit-*'),
  named('x-rate-limit-*'),
];

/** Several quotas side by side: OpenAI, Linear, Anthropic. The first ones count requests. */
export const BUCKET_FIELDS: readonly QuotaFields[] = [
  named('x-ratelimit-*-requests'),
  named('x-ratelimit-requests-*'),
  named('anthropic-ratelimit-requests-*'),
  named('x-ratelimit-*-tokens'),
  named('anthropic-ratelimit-tokens-*'),
  named('anthropic-ratelimit-input-tokens-*'),
  named('anthropic-ratelimit-output-tokens-*'),
  named('anthropic-ratelimit-unified-*'),
];

/** What remains, or `undefined` when that is unreadable. Negative where a server marks "no information" so. */
export function readRemaining(response: HintedResponse, { remaining }: QuotaFields): number | undefined {
  const value = field(response, remaining) ?? '';
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(value) ? Number(value) : undefined;
}

function named(pattern: string): QuotaFields {
  const name = (part: string) => pattern.replace('*', part);
  return { limit: name('limit'), remaining: name('remaining'), reset: name('reset') };
}
