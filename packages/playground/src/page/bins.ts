import { Answer } from '../model/recording.ts';
import type { Run } from '../worker/protocol.ts';

/** The part of time that the charts show, in milliseconds. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** Requests a second at the server, in slices of time. */
export interface Bins {
  /** Where each slice begins, in seconds; one more than there are slices. */
  readonly at: number[];
  readonly ok: number[];
  readonly refused: number[];
  readonly failed: number[];
  readonly total: number[];
}

const STEPS = [10, 20, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000];

/** The length of a slice: a round number that gives at most `most` slices, with several requests in each. */
export function stepOf({ from, to }: View, { most, requests }: { most: number; requests: number }): number {
  const slices = Math.max(12, Math.min(most, requests / FEW));
  return STEPS.find((step) => (to - from) / step <= slices) ?? STEPS.at(-1)!;
}

/** With fewer requests in a slice a chart would show only chance. */
const FEW = 10;

export function binsOf({ requests }: Run, view: View, step: number): Bins {
  const first = Math.floor(view.from / step);
  const length = Math.max(1, Math.ceil(view.to / step) - first);
  const [ok, refused, failed] = [0, 0, 0].map(() => new Float64Array(length));
  const { at, answer } = requests;
  for (let index = firstFrom(at, first * step); index < at.length; index++) {
    const slice = Math.floor(at[index]! / step) - first;
    if (slice >= length) break;
    const kind = answer[index];
    (kind === Answer.ok ? ok : kind === Answer.refused ? refused : failed)![slice]!++;
  }
  const perSecond = (counts: Float64Array | undefined) => [...Array.from(counts!, (n) => (1_000 * n) / step), 0];
  const [answered, denied, broken] = [perSecond(ok), perSecond(refused), perSecond(failed)];
  return {
    at: Array.from({ length: length + 1 }, (_, slice) => ((first + slice) * step) / 1_000),
    ok: answered,
    refused: denied,
    failed: broken,
    total: answered.map((value, slice) => value + denied[slice]! + broken[slice]!),
  };
}

/** How many requests were sent in a part of time. */
export function requestsIn({ requests: { at } }: Run, { from, to }: View): number {
  return firstFrom(at, to) - firstFrom(at, from);
}

/** The first index in ascending numbers that is not before an instant. */
export function firstFrom(sorted: Float64Array, instant: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
