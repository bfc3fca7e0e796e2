import { toWait } from './milliseconds.ts';
import { parseReset } from './parse-reset.ts';
import { field, type HintedResponse } from './response.ts';

/** Groups of fields, in order of precedence. The star is `limit`, `remaining`, `reset-after` or `reset`. */
export const QUOTA_FIELDS: readonly string[] = ['ratelimit-*', 'x-ratelimit-*', 'x-rate-limit-*'];

/** The same for servers that report several quotas at once: OpenAI, Linear, Anthropic. The first groups count requests. */
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

/** How many units remain; `undefined` if that is malformed or no quota is reported. Some servers send a negative number for "unknown". */
export function readRemaining(response: HintedResponse, fields: string): number | undefined {
  const value = field(response, fields.replace('*', 'remaining')) ?? '';
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(value) && !isNoQuota(response, fields) ? Number(value) : undefined;
}

/** When the quota is reset, in milliseconds from `time`, and the field that says so. */
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

/** A limit of 0 reports no quota. Okta sends it when too many requests are in flight, with a reset that is a guess. */
export function isNoQuota(response: HintedResponse, fields: string): boolean {
  return field(response, fields.replace('*', 'limit')) === '0';
}
