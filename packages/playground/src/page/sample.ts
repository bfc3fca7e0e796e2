import { CallEnd } from '../model/recording.ts';
import type { Run } from '../worker/protocol.ts';
import { firstFrom, type View } from './bins.ts';

/**
 * Some of the calls that were in flight in a part of time, in the order in which they began: of each group of calls the one with
 * the most to show.
 */
export function sampleCalls({ calls, first }: Run, { from, to }: View, most: number): number[] {
  const { start, end, outcome } = calls;
  const shown: number[] = [];
  const last = firstFrom(start, to);
  for (let call = 0; call < last; call++) {
    if (end[call]! >= from) shown.push(call);
  }
  const score = (call: number) =>
    first[call + 1]! -
    first[call]! +
    (outcome[call] === CallEnd.failed ? 0.5 : 0) +
    Math.min(0.4, (end[call]! - start[call]!) / 1e6);
  if (shown.length <= most) return shown;
  const sample: number[] = [];
  for (let group = 0; group < most; group++) {
    const members = shown.slice(
      Math.floor((group * shown.length) / most),
      Math.floor(((group + 1) * shown.length) / most),
    );
    // every third group shows an ordinary call, so that trouble does not look like the rule
    if (group % 3 === 2) sample.push(members[members.length >> 1]!);
    else sample.push(members.reduce((best, call) => (score(call) > score(best) ? call : best)));
  }
  return sample;
}
