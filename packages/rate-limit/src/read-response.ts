import type { Call, LastAnswer } from '@steadfetch/core';
import { ignoreRejection, isElsewhere, limitFields } from '@steadfetch/core/kit';
import { type ServerQuota, serverDelay, serverQuotas } from '@steadfetch/server-hints';
import type { Answer, Quota } from './model/answer.ts';
import { MOST_POLICIES } from './model/quotas.ts';
import type { Settings } from './options.ts';

/** What a refusal says. */
export interface Refusal {
  readonly status: number;
  /** How long the server asked to wait, in milliseconds. */
  readonly asked: number | undefined;
  /** The field that says so, in lower case. */
  readonly source: string | undefined;
  /** Only several such answers prove a limit. */
  readonly isDoubtful: boolean;
}

/** What a response says about a limit. */
export interface Reading {
  readonly answer: Answer;
  readonly refusal?: Refusal;
}

/** A wait or a reset beyond a day is a mistake of the unit, or an attack, in milliseconds. */
const DAY_MS = 86_400_000;
/** No number of a quota is larger than this. */
const LARGEST = 1e12;

const NEEDS_EVIDENCE = new Set([403, 503, 529]);

const ACCEPTED: Reading = { answer: { kind: 'accepted' } };
/** A good answer of another server, to which this one has redirected. */
const ACCEPTED_ELSEWHERE: Reading = { answer: { kind: 'accepted', elsewhere: true } };
/** A server that fails, or another one, says nothing about a limit. */
const FAILED: Reading = { answer: { kind: 'failed' } };

/**
 * Reads a response. A refusal of another origin after a redirect says nothing, and neither does a response that cannot be read. A good
 * answer of another origin says that this one has accepted, as its redirect shows. `curious`: whether to look for quotas in an accepted one.
 */
export function readResponse(response: Response, call: Call, curious: boolean, settings: Settings): Reading {
  try {
    if (isElsewhere(response, call)) return response.status < 400 ? ACCEPTED_ELSEWHERE : FAILED;
    return read(response, curious, settings);
  } catch {
    return FAILED;
  }
}

function read(response: Response, curious: boolean, { statuses, maxWait, clock }: Settings): Reading {
  const { status } = response;
  const mayRefuse = statuses.has(status);
  const reading = status < 500 ? ACCEPTED : FAILED;
  if (!mayRefuse && !curious) return reading;
  const needsEvidence = NEEDS_EVIDENCE.has(status);
  const now = clock.now();
  const told = serverQuotas(response, { now });
  const delay = mayRefuse ? serverDelay(response, { now }) : undefined;
  const isRefused = mayRefuse && (!needsEvidence || delay !== undefined || told.some(isSpent));
  const quotas = usable(told, maxWait, isRefused);
  const more = quotas.length > 0 && { quotas };
  if (!isRefused) return more ? { answer: { ...reading.answer, ...more } } : reading;
  // No answer closes a gate for longer than that: then one call is sent as a probe.
  const wait = delay && { wait: Math.min(delay.ms, maxWait, DAY_MS) };
  return {
    answer: { kind: 'refused', ...wait, ...more },
    refusal: {
      status,
      asked: delay?.ms,
      source: delay?.source,
      isDoubtful: needsEvidence && !quotas.some(isSpent),
    },
  };
}

const isSpent = ({ remaining }: { readonly remaining: number }): boolean => remaining === 0;

/** Of the quotas that a response tells, those that make sense. It may say anything. */
function usable(quotas: readonly ServerQuota[], maxWait: number, isRefused: boolean): Quota[] {
  return quotas
    .filter((quota) => isUsable(quota, isRefused ? DAY_MS : maxWait))
    .slice(0, MOST_POLICIES)
    .map(({ name, limit = 0, remaining, reset = Infinity, window }) => {
      const most = limit < 1 ? undefined : Math.min(limit, LARGEST);
      return {
        name,
        limit: most,
        remaining: Math.min(remaining, most ?? LARGEST),
        reset: reset < 400 * DAY_MS ? Math.min(reset, remaining === 0 ? maxWait : DAY_MS) : undefined,
        window,
      };
    });
}

/**
 * A quota of nothing, or one that is used up and came back already, is a field without meaning. One that is used up for
 * longer than a call may wait counts on a refusal only, since it would end all calls unsent; one for longer than a day never counts.
 * Where no end is told, it is that of the window.
 */
function isUsable({ limit, remaining, reset, window = 0 }: ServerQuota, longest: number): boolean {
  return remaining > 0 || !(limit === 0 || reset === 0 || (reset ?? window) > longest);
}

/** The answer with what the call cost in truth. A `costOf` that fails must not cost the caller a good answer. */
export function withCost(answer: Answer, response: Response, { costOf }: Settings): Answer {
  if (!costOf || answer.kind === 'failed') return answer;
  try {
    const given = costOf(response);
    ignoreRejection(given);
    return typeof given === 'number' && given >= 0 && given < Infinity ? { ...answer, cost: given } : answer;
  } catch {
    return answer;
  }
}

/** What the server answered. The response is discarded, so that its fields are not changed any more. */
export function lastAnswerOf({ status, headers }: Response, asked: number | undefined): LastAnswer {
  return { status, headers, ...(asked !== undefined && { retryAfter: asked }) };
}

/** What the server answered to another call: the fields about limits alone. */
export function withoutSecrets(answer: LastAnswer): LastAnswer {
  return { ...answer, headers: limitFields(answer.headers) };
}
