import { type Belief, SPENT, type Stance } from './belief.ts';
import type { Epoch } from './epoch.ts';
import { type Finding, roundOff } from './measure.ts';

/** By so much a first measurement may be too high. */
const ERROR = 0.1;
/** The share of a pace that is too much for an error: somebody else must have it. */
const MUCH = 0.1;
/** What a pace that was too high is thought to have used up, in closures of it, and the most that it is cut by. */
const CUT = { reserve: 0.2, most: 0.35 };

/** What a refusal says about a pace that was measured before. */
export function refusedPace(found: Finding, epoch: Epoch, belief: Belief, stance: Stance, closure: number): Finding {
  if (isDrained(epoch, belief, closure)) {
    return { ...found, rate: belief.rate, burst: Math.max(1, epoch.accepted / 2), bursty: true, measured: true };
  }
  if (stance.probing) return hold(found, belief.rate);
  return belief.contended ? share(found, epoch, stance.rate, closure) : correct(found, epoch, belief, stance, closure);
}

/** The first refusal of a pace: it was too high by what used up the bucket since. */
function correct(found: Finding, epoch: Epoch, belief: Belief, { rate }: Stance, closure: number): Finding {
  const excess = Math.max(belief.burst, CUT.reserve * rate * closure) / epoch.length;
  if (belief.least > 0 && excess > MUCH * rate) {
    return { ...found, rate: Math.min(rate, belief.least), measured: true, contended: true };
  }
  const isError = !belief.corrected && found.rate > (1 - ERROR) * rate;
  if (!isError) return share(found, epoch, rate, closure);
  return { ...found, rate: Math.min(found.rate, 0.99 * rate), measured: true, corrected: true };
}

/** Refused within the burst after opening: the bucket is smaller, or others have used it. The pace is not to blame. */
function isDrained({ accepted, length }: Epoch, { burst }: Belief, closure: number): boolean {
  return accepted <= burst * SPENT.knowing + 1 && length < 0.5 * closure;
}

/** Somebody else takes part. The sooner the pace was refused, the more it was too much. */
function share(found: Finding, { length }: Epoch, rate: number, closure: number): Finding {
  const cut = Math.min(CUT.most, (CUT.reserve * closure) / length);
  return { ...found, rate: rate * (1 - cut), measured: true, contended: true };
}

/** A pace that held for long is not given up for one refusal, least of all if more was tried for. */
function hold(found: Finding, known: number): Finding {
  return found.rate < known ? { ...found, rate: known, measured: true } : roundOff(found);
}
