import type { Random } from '@steadfetch/core';
import { checkMs, ignoreRejection, type NumberRule, optionError } from '@steadfetch/core/kit';

/** What an open time is computed from. It has the fields that a delay of `@steadfetch/backoff` reads, so any of these fits. */
export interface Opening {
  /** 1 when the circuit opens, and one more for each failed round of probes. */
  attempt: number;
  /** The previous open time in milliseconds; 0 at first. */
  previousDelay: number;
  /** Milliseconds since the circuit opened. */
  elapsed: number;
}

/** Milliseconds until a probe is let through. */
export type OpenTime = (opening: Opening) => number;

/** The longest time without a probe while there are calls, whatever the options say. */
export const MAX_OPEN_MS = 15_000;

/** An open time that was given as a number grows up to this. */
const MAX_GROWN_MS = 10_000;
/** The open time grows to this share of the outage so far, so that it prolongs an outage by 2 % at most. */
const SHARE_OF_OUTAGE = 1 / 50;
/** A grown open time is shortened at random by up to this share, so that clients do not send their probes together. */
const JITTER = 0.2;

export function checkOpenFor(option: string, openFor: number | OpenTime, range: NumberRule): number | OpenTime {
  if (typeof openFor === 'function') return openFor;
  if (typeof openFor !== 'number') throw optionError(option, 'milliseconds or a function', openFor);
  return checkMs(option, openFor, range);
}

/** A number is the first open time, which grows in a long outage. A function is used as it is. No open time is longer than 15 s. */
export function openTimeOf(openFor: number | OpenTime, random: Random): OpenTime {
  if (typeof openFor === 'function') return safely(openFor, 1_000);
  const grown = (elapsed: number) => Math.min(MAX_GROWN_MS, elapsed * SHARE_OF_OUTAGE) * (1 - JITTER * random());
  return safely(({ elapsed }) => Math.max(openFor, grown(elapsed)), openFor);
}

/** Uses the previous open time if the function fails: the call keeps its outcome, and the circuit opens nevertheless. */
function safely(openTime: OpenTime, first: number): OpenTime {
  return (opening) => {
    try {
      const ms = openTime(opening);
      ignoreRejection(ms);
      return Math.min(MAX_OPEN_MS, checkMs('openFor()', ms));
    } catch {
      return Math.min(MAX_OPEN_MS, opening.previousDelay || first);
    }
  };
}
