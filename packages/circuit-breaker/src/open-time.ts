import type { Random } from '@steadfetch/core';
import { checkMs, ignoreRejection, type NumberRule, optionError } from '@steadfetch/core/kit';

/** What an open time is computed from. The shape is that of a delay of `@steadfetch/backoff`: any of them fits. */
export interface Opening {
  /** 1 when the circuit opens, one more with each round of probes that fails until it closes. */
  attempt: number;
  /** The open time before, in milliseconds; 0 for the first. */
  previousDelay: number;
  /** Milliseconds since the circuit opened. */
  elapsed: number;
}

/** Milliseconds until a probe is let through. */
export type OpenTime = (opening: Opening) => number;

/** The longest that a circuit stays without a probe while somebody wants to call. */
export const LONGEST_OPEN = 15_000;

/** What an open time that was given as a number grows to. */
const GROWN = 10_000;
/** The open time grows to this share of the time that the circuit has been open, so it prolongs an outage by that much at most. */
const SHARE = 1 / 50;
/** How much of a grown open time chance may take away, so that clients do not come back together. */
const SPREAD = 0.2;

/** Returns what may be an open time, or throws. */
export function checkOpenFor(option: string, openFor: number | OpenTime, range: NumberRule): number | OpenTime {
  if (typeof openFor === 'function') return openFor;
  if (typeof openFor !== 'number') throw optionError(option, 'milliseconds or a function', openFor);
  return checkMs(option, openFor, range);
}

/** A number is the first open time, grown in a long outage; a function is used as it is. No time is above 15 s. */
export function openTimeOf(openFor: number | OpenTime, random: Random): OpenTime {
  if (typeof openFor === 'function') return safely(openFor, 1_000);
  const grown = (elapsed: number) => Math.min(GROWN, elapsed * SHARE) * (1 - SPREAD * random());
  return safely(({ elapsed }) => Math.max(openFor, grown(elapsed)), openFor);
}

/** A mistake in it must not break the call that opens the circuit, nor leave it closed: then the time before is taken. */
function safely(openTime: OpenTime, first: number): OpenTime {
  return (opening) => {
    try {
      const ms = openTime(opening);
      ignoreRejection(ms);
      return Math.min(LONGEST_OPEN, checkMs('openFor()', ms));
    } catch {
      return Math.min(LONGEST_OPEN, opening.previousDelay || first);
    }
  };
}
