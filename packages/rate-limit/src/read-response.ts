import type { Call, LastAnswer } from '@steadfetch/core';
import { ignoreRejection, isElsewhere, limitFields } from '@steadfetch/core/kit';
import { type ServerQuota, serverDelay, serverQuotas } from '@steadfetch/server-hints';
import { type Answer, isSpent, type Quota } from './model/answer.ts';
import { MOST_POLICIES } from './model/quotas.ts';
import type { Settings } from './options.ts';

/** What a refused response says. */
export interface Refusal {
  readonly status: number;
  /** How long the server asked to wait, in milliseconds. */
  readonly asked: number | undefined;
  /** The field that asks for the wait, in lower case. */
  readonly source: string | undefined;
  /** Whether a failing server may have sent it. Then only many of them count as a limit. */
  readonly isDoubtful: boolean;
}

/** What a response says about a limit. */
export interface Reading {
  readonly answer: Answer;
  readonly refusal?: Refusal;
}

/** A longer wait or reset is a wrong unit or an attack, in milliseconds. */
const DAY_MS = 86_400_000;
/** Larger numbers of a quota count as this. */
const MAX_QUOTA = 1e12;

/** These statuses have other causes too. They are refusals only with a wait or a used-up quota. */
const NEEDS_EVIDENCE = new Set([403, 503, 529]);

const ACCEPTED: Reading = { answer: { kind: 'accepted' } };
/** A good answer of the server to which this one redirected. */
const ACCEPTED_ELSEWHERE: Reading = { answer: { kind: 'accepted', elsewhere: true } };
/** An error of this server, or of the one to which it redirected, says nothing about a limit. */
const FAILED: Reading = { answer: { kind: 'failed' } };

/** Whether the status may be a refusal. A mock may answer with anything. */
export function mayRefuse(response: Response, { statuses }: Settings): boolean {
  try {
    return statuses.has(response.status);
  } catch {
    return false;
  }
}

/**
 * Reads a response. `readsQuotas`: whether to look for quotas if it is no refusal. After a redirect to another origin a good answer counts
 * as accepted, since this origin accepted the request that it redirected. A refusal by the other origin says nothing about this one.
 */
export function readResponse(response: Response, call: Call, readsQuotas: boolean, settings: Settings): Reading {
  try {
    if (isElsewhere(response, call)) return response.status < 400 ? ACCEPTED_ELSEWHERE : FAILED;
    return read(response, readsQuotas, settings);
  } catch {
    return FAILED;
  }
}

function read(response: Response, readsQuotas: boolean, { statuses, maxWait, clock }: Settings): Reading {
  const { status } = response;
  const mayRefuse = statuses.has(status);
  const reading = status < 500 ? ACCEPTED : FAILED;
  if (!mayRefuse && !readsQuotas) return reading;
  const needsEvidence = NEEDS_EVIDENCE.has(status);
  const now = clock.now();
  const reported = serverQuotas(response, { now });
  const delay = mayRefuse ? serverDelay(response, { now }) : undefined;
  const isRefused = mayRefuse && (!needsEvidence || delay !== undefined || reported.some(isSpent));
  const quotas = usable(reported, maxWait, isRefused);
  const more = quotas.length > 0 && { quotas };
  if (!isRefused) return more ? { answer: { ...reading.answer, ...more } } : reading;
  // No answer closes a gate for longer than `maxWait`: then one call is sent as a probe.
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

/** Drops the quotas that make no sense, and limits the numbers of the others. */
function usable(quotas: readonly ServerQuota[], maxWait: number, isRefused: boolean): Quota[] {
  return quotas
    .filter((quota) => isUsable(quota, isRefused ? DAY_MS : maxWait))
    .slice(0, MOST_POLICIES)
    .map(({ name, limit = 0, remaining, reset = Infinity, window }) => {
      const most = limit < 1 ? undefined : Math.min(limit, MAX_QUOTA);
      return {
        name,
        limit: most,
        remaining: Math.min(remaining, most ?? MAX_QUOTA),
        reset: reset < 400 * DAY_MS ? Math.min(reset, remaining === 0 ? maxWait : DAY_MS) : undefined,
        window,
      };
    });
}

/**
 * A quota with units left makes sense. A used-up one does not if its limit is 0 or its reset is now. A used-up one whose reset is later
 * than a call may wait counts only in a refusal, since it would end all calls unsent; beyond a day it never counts. If it has no reset,
 * the window counts as one.
 */
function isUsable({ limit, remaining, reset, window = 0 }: ServerQuota, longest: number): boolean {
  return remaining > 0 || !(limit === 0 || reset === 0 || (reset ?? window) > longest);
}

/** Adds the true cost of the call to the answer. If `costOf` throws, the caller still gets the response. */
export function withCost(answer: Answer, response: Response, { costOf }: Settings): Answer {
  if (!costOf || answer.kind === 'failed') return answer;
  try {
    const given = costOf(response);
    ignoreRejection(given);
    return typeof given === 'number' && given >= 0 && given <= Number.MAX_SAFE_INTEGER
      ? { ...answer, cost: given }
      : answer;
  } catch {
    return answer;
  }
}

/** The answer of the server, for errors. Its headers are not copied, since those of a fetched response cannot be changed. */
export function lastAnswerOf({ status, headers }: Response, asked: number | undefined): LastAnswer {
  return { status, headers, ...(asked !== undefined && { retryAfter: asked }) };
}

/** The answer to another call, with only its fields about limits: the other fields may be private. */
export function withoutSecrets(answer: LastAnswer): LastAnswer {
  return { ...answer, headers: limitFields(answer.headers) };
}
