import type { Belief } from './belief.ts';
import type { Epoch } from './epoch.ts';

/** Shorter closures do not tell a window from a bucket that refills, in milliseconds. */
const SHORTEST = 500;

/** A window lets the same number through whatever time has passed; a bucket lets more through. */
export function isWindow(epoch: Epoch, belief: Belief, closure: number): boolean {
  const { accepted, length } = epoch;
  const { first, measured, bursty, windowed } = belief;
  const isSame = accepted > 3 && Math.abs(accepted - first.accepted) <= 0.05 * accepted;
  if (windowed || !isSame) return isSame;
  return !measured && bursty && closure >= SHORTEST && length > 1.2 * first.length;
}

/** All of a window is spent as soon as it opens: a refusal then costs nothing that the window would still give. */
export function ofWindow({ lastRefused }: Epoch, belief: Belief, closure: number): Belief {
  const burst = belief.first.accepted;
  const known = { burst, rate: burst / closure, measured: true, windowed: true };
  return { ...belief, ...known, emptiedAt: lastRefused, closure, growth: 0.5, patience: 3_000 };
}
