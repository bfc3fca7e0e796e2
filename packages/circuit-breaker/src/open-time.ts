import { checkMs, notify, type Random, unexpected } from '@steadfetch/core';

/** What an open time is computed from. The shape is that of a delay of `@steadfetch/backoff`: any of them fits. */
export interface Opening {
  /** 1 for the first opening, 2 when the circuit opens again before it was closed for as long as it had been open. */
  attempt: number;
  /** The open time before, in milliseconds; 0 for the first. */
  previousDelay: number;
}

/** Milliseconds that a circuit stays open. */
export type OpenTime = (opening: Opening) => number;

/** The first open time of a function that gives none. */
const FIRST = 5_000;
/** The longest open time that doubling leads to; a longer first one is kept. */
const CAP = 300_000;
/** How much of a doubled open time chance may take away, so that clients do not come back together. */
const SPREAD = 0.2;

/** A number is the first open time, doubled with each further opening in a row; a function is used as it is. */
export function openTimeOf(owner: string, openFor: number | OpenTime, random: Random): OpenTime {
  if (typeof openFor === 'function') return safely(openFor, FIRST);
  if (typeof openFor !== 'number') throw unexpected(`${owner}: openFor`, 'milliseconds or a function', openFor);
  const first = checkMs(`${owner}: openFor`, openFor, { min: 1 });
  const doubled = ({ attempt }: Opening) => Math.min(CAP, first * 2 ** (attempt - 1)) * (1 - SPREAD * random());
  return safely((opening) => Math.max(first, doubled(opening)), first);
}

/** A mistake in it must not break the call that opens the circuit, nor leave it closed: then the time before is taken. */
function safely(openTime: OpenTime, first: number): OpenTime {
  return (opening) => {
    try {
      const ms = openTime(opening);
      notify((late) => late, ms);
      return checkMs('openFor()', ms);
    } catch {
      return opening.previousDelay || first;
    }
  };
}
