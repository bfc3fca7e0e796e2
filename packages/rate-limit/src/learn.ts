import type { Belief, Stance } from './belief.ts';
import type { Epoch } from './epoch.ts';
import { type Finding, measure, roundOff } from './measure.ts';
import { refusedPace } from './refused-pace.ts';
import { isWindow, ofWindow } from './window.ts';

/** When an epoch ends: what was believed, how the pace stood, how long the gate was closed, the round trip. */
export interface Ending {
  readonly belief: Belief | undefined;
  readonly stance: Stance;
  readonly closure: number;
  readonly rtt: number;
}

/** So few requests measure nothing. */
const FEW = 4;
/** A bucket of fewer requests that refills in less time, in milliseconds, is none. */
const TINY = { burst: 5, ms: 100 };

/** What an epoch that ended with a refusal says about the limit. */
export function learn(epoch: Epoch, ending: Ending): Belief {
  const { belief, closure } = ending;
  if (belief && isWindow(epoch, belief, closure)) return ofWindow(epoch, belief, closure);
  if (!belief || belief.windowed || startsOver(epoch, belief)) return firstBelief(epoch, ending);
  return revise(epoch, belief, ending);
}

/** One burst says how large a burst may be, and next to nothing of the rate: start low and double quickly. */
function firstBelief(first: Epoch, { closure }: Ending): Belief {
  const { length, lastRefused } = first;
  const burst = Math.max(1, first.accepted);
  const rate = (4 * Math.sqrt(Math.max(16, burst))) / (closure + length);
  const open = { bursty: true, measured: false, contended: false, corrected: false, windowed: false, least: 0 };
  return { rate, burst, first, emptiedAt: lastRefused, closure, growth: 4, patience: 0, ...open };
}

function revise(epoch: Epoch, belief: Belief, { stance, closure, rtt }: Ending): Belief {
  const account = measure(epoch, belief, rtt);
  const found = belief.measured
    ? refusedPace(account, epoch, belief, stance, closure)
    : roundOff(doubt(apart(account, belief), belief));
  const { rate, burst, bursty, measured, contended, corrected, least } = found;
  const known = { rate, burst, bursty, measured, contended, corrected, least };
  return { ...belief, ...known, emptiedAt: epoch.lastRefused, closure, ...outlook(found, closure) };
}

/** The first burst was in truth a longer time, as on a cold start, or it was shared: the second one is the first to count. */
function startsOver({ accepted, length }: Epoch, { measured, bursty, first }: Belief): boolean {
  return !measured && bursty && length <= 1.2 * first.length && accepted <= 0.8 * first.accepted;
}

/** Few requests measure nothing, unless they confirm. */
function doubt(found: Finding, { rate }: Belief): Finding {
  const isDoubtful = found.bursty && found.count < FEW && Math.abs(found.rate / rate - 1) >= 0.15;
  return isDoubtful ? { ...found, measured: false } : found;
}

/** Nobody makes a bucket so small for its rate: it is what others have left of it. Then only the whole epoch counts. */
function apart(found: Finding, { first }: Belief): Finding {
  const { bursty, measured, rate, least } = found;
  const burst = first.leastBurst(rate);
  const isPart = bursty && measured && least > 0 && burst < TINY.burst && burst / rate < TINY.ms;
  return isPart ? { ...found, rate: least, contended: true } : found;
}

/** How soon and how boldly to look for more: a refusal may cost about 3 % of the throughput in between. */
function outlook(found: Finding, closure: number): Pick<Belief, 'growth' | 'patience'> {
  const { bursty, rate, burst, measured, contended } = found;
  if (contended) return { growth: 0.5, patience: Math.max(18 * closure, 3_000) };
  if (!measured) return bursty ? { growth: 0.1, patience: closure } : { growth: 0.6, patience: 0 };
  return { growth: 0.5, patience: Math.max(30 * Math.max(0, closure - burst / rate), 4_000, 100 / rate) };
}
