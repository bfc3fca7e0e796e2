import type { Entry, LimitState } from './state.ts';

/** Of more entries neighbours are merged, until `KEPT` are left. */
const MOST_ENTRIES = 64;
const KEPT = 40;
/** What is moved by so little may be merged, requests. */
const FINEST = 0.25;
/** Of more refusals the second one is forgotten: what was accepted before the first one shows the burst. */
const MOST_MARKS = 8;
/** What is as near together as this is one, ms. */
const INSTANT = 40;

/** Keeps what was accepted, and the history small: neighbours become one entry, never across a refusal. */
export function keep({ history }: LimitState, { from, to, cost }: Entry): void {
  const middle = (from + to) / 2;
  history.push(to - from > INSTANT ? { from, to, cost } : { from: middle, to: middle, cost });
  if (history.length <= MOST_ENTRIES) return;
  for (let grain = FINEST; history.length > KEPT && grain < 1e9; grain *= 2) merge(history, grain);
}

/** One mark for each refusal that counts. */
export function mark(state: LimitState, at: number): void {
  const { history } = state;
  history.push({ from: at, to: at, cost: 0 });
  merge(history, 0);
  const marks = marksOf(state);
  if (marks.length > MOST_MARKS) history.splice(marks[1]!, 1);
}

/** Where in the history the refusals are. */
export function marksOf({ history }: LimitState): number[] {
  return history.flatMap(({ cost }, n) => (cost === 0 ? n : []));
}

/** By time; of entries of the same time the accepted ones are first. */
function inTime(a: Entry, b: Entry): number {
  return a.from - b.from || a.to - b.to || b.cost - a.cost;
}

/** Merges entries that overlap, and two neighbours where that moves their boundary by less than `grain` requests. */
function merge(history: Entry[], grain: number): void {
  history.sort(inTime);
  let kept = 0;
  let start = history[0]!.from;
  let isPair = false;
  for (const entry of history) {
    const before = history[kept - 1];
    const isOver = before && entry.from < before.to;
    if (before && before.cost > 0 && entry.cost > 0 && (isOver || (!isPair && bend(start, before, entry) < grain))) {
      before.cost += entry.cost;
      before.to = Math.max(before.to, entry.to);
      isPair ||= !isOver;
    } else {
      if (before) start = before.to;
      history[kept++] = entry;
      isPair = false;
    }
  }
  history.length = kept;
}

/** How far two neighbours are from one pace: by so many requests their boundary is off when they become one. */
function bend(start: number, before: Entry, { to, cost }: Entry): number {
  return Math.abs(before.cost * (to - before.to) - cost * (before.to - start)) / Math.max(1, to - start);
}
