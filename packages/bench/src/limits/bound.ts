import type { Hint } from './hints.ts';
import type { Limit } from './limit.ts';
import type { Row } from './row.ts';

/** How long a refusal silences a client that is not told how much is left, in ms. `Retry-After` is in whole seconds. */
const SILENCE: Readonly<Record<Hint, number>> = {
  nothing: 0,
  ms: 0,
  fields: 0,
  'x-fields': 0,
  'always-left': 0,
  seconds: 1_000,
  'wrong-policy': 1_000,
  long: 5_000,
};

/**
 * How many requests can be accepted in a run at most behind a client that knows nothing in advance.
 *
 * A bucket has two unknowns, so two refusals are needed to learn it, and one more when it changes; a window or a number
 * of requests at a time has one. Each refusal that is obeyed costs what the limit would have accepted meanwhile, less
 * what a bucket saves up. It costs nothing where the limit is told, or the wait is exact, or none.
 */
export function mostAccepted(row: Row, limit: Limit): number {
  const { lasts = 60_000, load } = row;
  const allowed = limit.allowed(0, lasts);
  const offered = 'perSecond' in load ? (load.perSecond * lasts) / 1_000 : Infinity;
  // calls that come slower than is allowed are never refused, but for a crowd of them
  if (offered < 0.9 * allowed) return offered;
  return Math.min(offered, allowed - refusals(row) * lostPerRefusal(row));
}

function refusals({ limit }: Row): number {
  return (limit.kind === 'bucket' ? 2 : 1) + limit.changes;
}

function lostPerRefusal({ limit, hint }: Row): number {
  const silence = SILENCE[hint];
  if (limit.kind === 'none') return 0;
  const accepted = (limit.rate * silence) / 1_000;
  if (limit.kind === 'concurrency') return accepted;
  // the end of a window is rounded up to whole seconds: a short window is missed, what is left of a long one suffices
  if (limit.kind === 'window') return silence > 0 && limit.window <= silence ? limit.quota : 0;
  return Math.max(0, accepted - limit.burst);
}
