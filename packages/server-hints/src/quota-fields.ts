import { field, type HintedResponse } from './response.ts';

/** Three fields that belong together. */
export interface QuotaFields {
  limit: string;
  remaining: string;
  reset: string;
}

/** In order of precedence. */
export const QUOTA_FIELDS: readonly QuotaFields[] = /* @__PURE__ */ [
  ['ratelimit-*'],
  ['x-ratelimit-*', 'reset-after'],
  ['x-ratelimit-*'],
  ['x-rate-limit-*'],
].map(named);

/** Several quotas side by side: OpenAI, Linear, Anthropic. The first ones count requests. */
export const BUCKET_FIELDS: readonly QuotaFields[] = /* @__PURE__ */ [
  ['x-ratelimit-*-requests'],
  ['x-ratelimit-requests-*'],
  ['anthropic-ratelimit-requests-*'],
  ['x-ratelimit-*-tokens'],
  ['anthropic-ratelimit-tokens-*'],
  ['anthropic-ratelimit-input-tokens-*'],
  ['anthropic-ratelimit-output-tokens-*'],
  ['anthropic-ratelimit-unified-*'],
].map(named);

/** What remains, or `undefined` where that is unreadable, or no quota is told. Negative where a server marks "no information" so. */
export function readRemaining(response: HintedResponse, fields: QuotaFields): number | undefined {
  const value = field(response, fields.remaining) ?? '';
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(value) && !isNoQuota(response, fields) ? Number(value) : undefined;
}

/** A limit of zero tells no quota: so Okta refuses what is too much at once, beside a reset that is a guess. */
export function isNoQuota(response: HintedResponse, { limit }: QuotaFields): boolean {
  return field(response, limit) === '0';
}

function named([pattern, reset = 'reset']: string[]): QuotaFields {
  const name = (part: string) => pattern!.replace('*', part);
  return { limit: name('limit'), remaining: name('remaining'), reset: name(reset) };
}
