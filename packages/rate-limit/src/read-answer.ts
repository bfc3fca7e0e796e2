import type { Call, LastAnswer } from '@steadfetch/core';
import { copyFields, originOf } from '@steadfetch/core/kit';
import { isThrottled, type ServerQuota, serverDelay, serverQuotas } from '@steadfetch/server-hints';
import type { Answer, Quota } from './model/model.ts';
import type { Settings } from './options.ts';

/** What a refusal says. */
export interface Refusal {
  readonly status: number;
  /** Milliseconds that the server asks for. */
  readonly asked: number | undefined;
  /** The field that asks, in lower case. */
  readonly source: string | undefined;
  /** Only several such answers prove a limit. */
  readonly isDoubtful: boolean;
  /** The name of the policy that is used up, where the server tells. */
  readonly policy: string | undefined;
}

/** What a response says about a limit. */
export interface Reading {
  readonly answer: Answer;
  readonly refusal: Refusal | undefined;
}

const NEEDS_EVIDENCE = new Set([403, 503, 529]);
/** A server that asks for more than a day has mistaken a unit, or attacks. */
const BELIEVABLE = 86_400_000;
/** No honest quota is larger. */
const MOST = 1e12;
const MOST_QUOTAS = 8;

const ACCEPTED: Reading = { answer: { kind: 'accepted' }, refusal: undefined };
const FAILED: Reading = { answer: { kind: 'failed' }, refusal: undefined };

/**
 * Reads a response. `undefined` where it comes from another origin after a redirect, or cannot be read. `curious`:
 * whether to look for quotas in an accepted one.
 */
export function readAnswer(response: Response, call: Call, curious: boolean, settings: Settings): Reading | undefined {
  try {
    if (response.redirected && originOf(response.url) !== call.origin) return undefined;
    return read(response, curious, settings);
  } catch {
    return undefined;
  }
}

function read(response: Response, curious: boolean, { statuses, maxWait, clock }: Settings): Reading {
  const { status } = response;
  const isRefused = statuses.has(status) && (!NEEDS_EVIDENCE.has(status) || isThrottled(response));
  if (!isRefused && !curious) return kindOf(status) === 'accepted' ? ACCEPTED : FAILED;
  const now = clock.now();
  const quotas = quotasOf(response, now, maxWait, isRefused);
  const more = quotas.length === 0 ? {} : { quotas };
  if (!isRefused) return { answer: { kind: kindOf(status), ...more }, refusal: undefined };
  const delay = serverDelay(response, { now });
  const spent = quotas.find(({ remaining }) => remaining === 0);
  // A gate believes no answer for longer than that; then one call finds out.
  const wait = delay && { wait: Math.min(delay.ms, maxWait) };
  return {
    answer: { kind: 'refused', ...wait, ...more },
    refusal: {
      status,
      asked: delay?.ms,
      source: delay?.source,
      isDoubtful: NEEDS_EVIDENCE.has(status) && !spent,
      policy: spent?.name,
    },
  };
}

/** A server that fails says nothing about a limit. */
function kindOf(status: number): Answer['kind'] {
  return status < 500 ? 'accepted' : 'failed';
}

function quotasOf(response: Response, now: number, maxWait: number, isRefused: boolean): Quota[] {
  return serverQuotas(response, { now })
    .filter((quota) => isBelievable(quota, isRefused ? BELIEVABLE : maxWait))
    .sort((a, b) => shareOf(a) - shareOf(b))
    .slice(0, MOST_QUOTAS)
    .map(({ source: _, ...quota }) =>
      quota.remaining === 0 && quota.reset !== undefined ? { ...quota, reset: Math.min(quota.reset, maxWait) } : quota,
    );
}

/**
 * A quota of nothing, or one that is used up and came back already, is a field that nobody fills in. One that is used up
 * for longer than a call may wait must be refused before it is believed: obeyed, it would end all calls unsent.
 */
function isBelievable({ limit = 1, remaining, window = 0, reset }: ServerQuota, longest: number): boolean {
  if (remaining === 0 && (limit === 0 || reset === 0 || (reset ?? 0) > longest)) return false;
  return limit <= MOST && remaining <= MOST && window <= 366 * BELIEVABLE;
}

function shareOf({ limit, remaining }: ServerQuota): number {
  return limit ? remaining / limit : remaining === 0 ? 0 : 1;
}

const LIMIT_FIELD = /^(?:retry-after|x-ms-retry-after|date$|(?:x-|anthropic-)?rate-?limit)/;

/** What the server answered, for an error that another call may get: the fields about limits alone. */
export function lastAnswerOf(response: Response, asked: number | undefined, isOwn: boolean): LastAnswer {
  const headers = copyFields(response.headers, (name) => isOwn || LIMIT_FIELD.test(name));
  return { status: response.status, headers, ...(asked === undefined ? {} : { retryAfter: asked }) };
}
