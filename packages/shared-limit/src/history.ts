import type { Entry, LimitState } from './state.ts';

/** Once a history has more entries, neighbours are merged until `ENTRIES_LEFT` or fewer are left. */
const MOST_ENTRIES = 64;
const ENTRIES_LEFT = 40;
/** Neighbours are merged first if that moves their boundary by less than this many requests. The bound doubles until enough are merged. */
const FINEST = 0.25;
/** Of more refusals the second is forgotten, not the first: what was accepted before the first one shows the burst. */
const MOST_REFUSALS = 8;
/** A shorter entry is kept as one instant, ms. */
const INSTANT_MS = 40;

/** Adds what was accepted to the history. Merges neighbours if there are too many, never across a refusal. */
export function addAccepted({ history }: LimitState, { from, to, cost }: Entry): void {
  const middle = (from + to) / 2;
  history.push(to - from > INSTANT_MS ? { from, to, cost } : { from: middle, to: middle, cost });
  if (history.length <= MOST_ENTRIES) return;
  for (let grain = FINEST; history.length > ENTRIES_LEFT && grain < 1e9; grain *= 2) merge(history, grain);
}

/** Adds a refusal: an entry of no cost. */
export function addRefusal(state: LimitState, at: number): void {
  const { history } = state;
  history.push({ from: at, to: at, cost: 0 });
  merge(history, 0);
  const refusals = refusalsOf(state);
  if (refusals.length > MOST_REFUSALS) history.splice(refusals[1]!, 1);
}

/** The indexes of the refusals in the history. */
export function refusalsOf({ history }: LimitState): number[] {
  return history.flatMap(({ cost }, n) => (cost === 0 ? n : []));
}

/** Sorts by time; at the same time accepted entries come before refusals. */
function inTime(a: Entry, b: Entry): number {
  return a.from - b.from || a.to - b.to || b.cost - a.cost;
}

/** Merges entries that overlap, and pairs of neighbours whose `mergeError` is less than `grain` requests. */
function merge(history: Entry[], grain: number): void {
  history.sort(inTime);
  let kept = 0;
  let start = history[0]!.from;
  let isMerged = false;
  for (const entry of history) {
    const before = history[kept - 1];
    const overlaps = before && entry.from < before.to;
    if (
      before &&
      before.cost > 0 &&
      entry.cost > 0 &&
      (overlaps || (!isMerged && mergeError(start, before, entry) < grain))
    ) {
      before.cost += entry.cost;
      before.to = Math.max(before.to, entry.to);
      isMerged ||= !overlaps;
    } else {
      if (before) start = before.to;
      history[kept++] = entry;
      isMerged = false;
    }
  }
  history.length = kept;
}

/** How many requests the boundary between two neighbours moves if they become one entry of an even pace. `start` is when the first one began. */
function mergeError(start: number, before: Entry, { to, cost }: Entry): number {
  return Math.abs(before.cost * (to - before.to) - cost * (before.to - start)) / Math.max(1, to - start);
}
