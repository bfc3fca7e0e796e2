import { type Belief, SPENT, type Stance } from './belief.ts';
import type { Epoch } from './epoch.ts';
import { type Finding, roundOff } from './measure.ts';

/** By so much a first measurement may be too high. */
const ERROR = 0.1;
/** A pace that held for so many closures was right. */
const LONG = 12;
/** What a pace that was too high is thought to have used up, in closures of it, and the most that it is cut by. */
const CUT = { reserve: 0.2, most: 0.35 };

/** What a refusal says about a pace that was measured before. */
export function refusedPace(found: Finding, epoch: Epoch, belief: Belief, stance: Stance, closure: number): Finding {
  const { contended, corrected } = belief;
  if (isDrained(epoch, belief, closure)) {
    return { ...found, rate: belief.rate, burst: Math.max(1, epoch.accepted / 2), bursty: true, measured: true };
  }
  if (!contended && !corrected && !stance.probing && found.rate > (1 - ERROR) * stance.rate) {
    return { ...found, rate: Math.min(found.rate, 0.99 * stance.rate), measured: true, corrected: true };
  }
  const isShared = contended || epoch.length < LONG * closure;
  return isShared && !stance.probing ? share(found, epoch, stance, closure) : hold(found, belief.rate);
}

/** Refused within the burst after opening: the bucket is smaller, or others have used it. The pace is not to blame. */
function isDrained({ accepted, length }: Epoch, { burst }: Belief, closure: number): boolean {
  return accepted <= burst * SPENT.knowing + 1 && length < 0.5 * closure;
}

/** Somebody else takes part. The sooner the pace was refused, the more it was too much. */
function share(found: Finding, { length }: Epoch, { rate }: Stance, closure: number): Finding {
  const kept = rate * (1 - (CUT.reserve * closure) / length);
  return {
    ...found,
    rate: Math.max((1 - CUT.most) * rate, Math.min(kept, found.rate)),
    measured: true,
    contended: true,
  };
}

/** A pace that held for long is not given up for one refusal, least of all if more was tried for. */
function hold(found: Finding, known: number): Finding {
  return found.rate < known ? { ...found, rate: known, measured: true } : roundOff(found);
}
