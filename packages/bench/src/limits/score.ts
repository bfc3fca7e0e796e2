import { mostAccepted } from './bound.ts';
import type { Limit } from './limit.ts';
import type { Row } from './row.ts';

/** What happened in a run. Times are milliseconds from its start. */
export interface History {
  readonly limit: Limit;
  readonly accepted: { readonly at: number; readonly process: number }[];
  readonly refused: { readonly at: number; readonly process: number }[];
  /** Calls that ended without success. */
  lost: number;
  /** Calls that were sent again before the time that they were told. */
  early: number;
  /** Requests of other calls within a silence that their process had been asked for. */
  hasty: number;
}

export interface Score {
  /** % of what can be accepted in theory. */
  readonly share: number;
  /** % of the requests that were sent. */
  readonly refused: number;
  readonly lost: number;
  readonly early: number;
  readonly hasty: number;
  /** What the process with the least got in the last two thirds, in % of an equal share. */
  readonly least: number;
  /** Until nine tenths of the rate are reached, in seconds; `Infinity` for never. */
  readonly settled: number;
  readonly accepted: number;
  /** The last acceptance, in seconds. */
  readonly ended: number;
}

/** What the history of a run says about the client. */
export function score(row: Row, history: History): Score {
  const { accepted, refused, limit, lost, early, hasty } = history;
  return {
    share: (100 * accepted.length) / mostAccepted(row, limit),
    refused: (100 * refused.length) / Math.max(1, accepted.length + refused.length),
    lost,
    early,
    hasty,
    least: leastShare(row, history),
    settled: settledAfter(row, history),
    accepted: accepted.length,
    ended: (accepted.at(-1)?.at ?? 0) / 1_000,
  };
}

/** The mean of several runs, of each number. */
export function meanOf(scores: readonly Score[]): Score {
  const mean = (read: (score: Score) => number) => scores.reduce((sum, one) => sum + read(one), 0) / scores.length;
  return {
    share: mean(({ share }) => share),
    refused: mean(({ refused }) => refused),
    lost: mean(({ lost }) => lost),
    early: mean(({ early }) => early),
    hasty: mean(({ hasty }) => hasty),
    least: mean(({ least }) => least),
    settled: mean(({ settled }) => settled),
    accepted: mean(({ accepted }) => accepted),
    ended: mean(({ ended }) => ended),
  };
}

function leastShare({ processes = 1, lasts = 60_000 }: Row, { accepted }: History): number {
  if (processes === 1) return 100;
  const counts = Array.from({ length: processes }, () => 0);
  let all = 0;
  for (const { at, process } of accepted) {
    if (at < lasts / 3) continue;
    counts[process]!++;
    all++;
  }
  return all === 0 ? 0 : (100 * processes * Math.min(...counts)) / all;
}

function settledAfter({ limit, load, lasts = 60_000 }: Row, { accepted }: History): number {
  const rate = Math.min(limit.rate, 'perSecond' in load ? load.perSecond : Infinity);
  if (rate === Infinity) return 0;
  const span = limit.kind === 'window' ? Math.max(3_000, 2 * limit.window) : 3_000;
  // of slow limits too few are accepted to tell
  const enough = Math.max(0.9 * rate * span, 1_000) / 1_000;
  let first = 0;
  let behind = 0;
  for (let from = 0; from + span <= lasts; from += 100) {
    while (first < accepted.length && accepted[first]!.at < from) first++;
    while (behind < accepted.length && accepted[behind]!.at < from + span) behind++;
    if (behind - first >= enough) return from / 1_000;
  }
  return Infinity;
}
