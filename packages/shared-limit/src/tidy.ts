import type { Entry, LimitState } from './state.ts';

/** More entries are made coarser, until so many are left. */
const MOST_ENTRIES = 64;
const KEPT = 40;
/** More refusals are forgotten, and what was before them. */
const MOST_MARKS = 8;
/** What is as near together as this is one, ms. */
const INSTANT = 40;

/** Keeps what was accepted, and the history small: neighbours become one entry, never across a refusal. */
export function keep({ history }: LimitState, { from, to, cost }: Entry): void {
  const middle = (from + to) / 2;
  history.push(to - from > INSTANT ? { from, to, cost } : { from: middle, to: middle, cost });
  if (history.length <= MOST_ENTRIES) return;
  for (let grain = 1; history.length > KEPT && grain < 1e9; grain *= 2) merge(history, grain);
}

/** One mark for each refusal that counts. */
export function mark(state: LimitState, at: number): void {
  const { history } = state;
  for (const entry of [...history]) {
    if (entry.from >= at || entry.to <= at) continue;
    const part = (entry.cost * (at - entry.from)) / (entry.to - entry.from);
    history.push({ from: at, to: entry.to, cost: entry.cost - part });
    entry.cost = part;
    entry.to = at;
  }
  history.push({ from: at, to: at, cost: 0 });
  merge(history, 0);
  if (marksOf(state) > MOST_MARKS) dropFirst(state);
}

/** How many refusals the history has. */
export function marksOf({ history }: LimitState): number {
  return history.filter(({ cost }) => cost === 0).length;
}

/** Forgets what was before the second refusal, or before the first one where the history begins earlier. */
export function dropFirst(state: LimitState): void {
  state.history.splice(
    0,
    state.history.findIndex(({ cost }, n) => n > 0 && cost === 0),
  );
  state.missing = state.burst;
  state.lag = 0;
}

/** At the same time what was accepted comes first. */
function inTime(a: Entry, b: Entry): number {
  return a.from - b.from || a.to - b.to || b.cost - a.cost;
}

/** What overlaps becomes one entry, and what lies within so many ms at a similar pace. */
function merge(history: Entry[], grain: number): void {
  history.sort(inTime);
  let kept = 0;
  let start = history[0]!.from;
  for (const entry of history) {
    const before = history[kept - 1];
    if (
      before &&
      before.cost > 0 &&
      entry.cost > 0 &&
      (entry.from < before.to || (entry.to - before.from <= grain && isEven(start, before, entry, grain)))
    ) {
      before.cost += entry.cost;
      before.to = Math.max(before.to, entry.to);
    } else {
      if (before) start = before.to;
      history[kept++] = entry;
    }
  }
  history.length = kept;
}

/** Whether two neighbours are at a similar pace, so that nothing is lost when they become one. */
function isEven(start: number, before: Entry, entry: Entry, grain: number): boolean {
  if (entry.to - before.from <= INSTANT) return true;
  const a = before.cost / Math.max(1, before.to - start);
  const b = entry.cost / Math.max(1, entry.to - before.to);
  return Math.max(a, b) <= (1.25 + grain / 20_000) * Math.min(a, b);
}
