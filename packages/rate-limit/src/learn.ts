import { type Belief, SPENT, type Stance } from './belief.ts';
import type { Epoch } from './epoch.ts';
import { type Finding, measure, roundRate } from './measure.ts';

/** When an epoch ends: what was believed, how the pace stood, how long the gate was closed, the round trip. */
export interface Ending {
  readonly belief: Belief | undefined;
  readonly stance: Stance;
  readonly closure: number;
  readonly rtt: number;
}

const FEW = 4;

/** What an epoch that ended with a refusal says about the limit. */
export function learn(epoch: Epoch, ending: Ending): Belief {
  const { belief } = ending;
  return belief ? revise(epoch, belief, ending) : firstBelief(epoch, ending);
}

/** One burst says how large a burst may be, and next to nothing of the rate: start low and double quickly. */
function firstBelief(epoch: Epoch, { closure }: Ending): Belief {
  const accepted = Math.max(1, epoch.accepted);
  const first = { accepted, ms: epoch.length };
  const rate = (4 * Math.sqrt(Math.max(16, accepted))) / (closure + epoch.length);
  const open = { bursty: true, measured: false, contended: false, windowed: false };
  return { rate, burst: accepted, first, emptiedAt: epoch.lastRefused, closure, growth: 5, patience: 0, ...open };
}

function revise(epoch: Epoch, belief: Belief, ending: Ending): Belief {
  const first = shorterOf(belief.first, epoch);
  const windowed = isWindowed(epoch, belief);
  if (!windowed && startsOver(epoch, belief)) return firstBelief(epoch, ending);
  const found = settleOn(measure(epoch, { ...belief, first, windowed }, ending.rtt), epoch, belief, {
    ...ending,
    windowed,
  });
  const { burst, bursty, measured, contended } = found;
  const { closure } = ending;
  const common = { burst, bursty, measured, contended, windowed, first, emptiedAt: epoch.lastRefused, closure };
  return { ...common, rate: found.rate, ...outlook(found, windowed, closure) };
}

/** The first burst was in truth a longer time, as on a cold start, or it was shared: the second one is the first to count. */
function startsOver({ accepted, length }: Epoch, { measured, bursty, first }: Belief): boolean {
  return !measured && bursty && length <= 1.2 * first.ms && accepted <= 0.8 * first.accepted;
}

function shorterOf(first: Belief['first'], { accepted, length }: Epoch): Belief['first'] {
  const isShorter = length <= first.ms * 1.2 && accepted < first.accepted;
  return isShorter ? { accepted: Math.max(1, accepted), ms: length } : first;
}

/** A window lets the same number through whatever time has passed; a bucket lets more through. */
function isWindowed(epoch: Epoch, belief: Belief): boolean {
  const { bursty, measured, closure, first } = belief;
  if (!bursty || measured || closure < 500 || epoch.length <= 1.2 * first.ms) return belief.windowed;
  return epoch.accepted > 3 && Math.abs(epoch.accepted - first.accepted) <= Math.max(1, 0.05 * epoch.accepted);
}

/** Weighs what was measured against what was believed. */
function settleOn(found: Finding, epoch: Epoch, belief: Belief, ending: Ending & { windowed: boolean }): Finding {
  const { stance, closure, windowed } = ending;
  if (belief.measured && !windowed) {
    if (isDrained(epoch, belief, closure)) {
      const burst = Math.max(1, epoch.accepted / 2);
      return { ...found, rate: belief.rate, burst, bursty: burst > 2, measured: true, contended: true };
    }
    if (belief.contended || (!stance.probing && epoch.length < 12 * closure)) {
      const rate = 0.9 * Math.max(Math.min(stance.rate, found.rate), 0.7 * stance.rate);
      return { ...found, rate: Math.min(rate, 0.9 * stance.rate), measured: true, contended: true };
    }
  }
  if (belief.measured) return windowed ? holdWindow(found, belief, stance) : hold(found, belief, stance);
  return windowed ? found : roundOff(doubt(found, epoch, belief, stance));
}

/** Refused within the burst after opening: others have used what was refilled. The pace is not to blame. */
function isDrained(epoch: Epoch, { bursty, burst }: Belief, closure: number): boolean {
  return bursty && epoch.accepted <= burst * SPENT.knowing + 1 && epoch.length < 0.5 * closure;
}

/** A pace that held for long is not given up for one refusal, least of all if more was tried for. */
function hold(found: Finding, { rate: known }: Belief, { probing, rate }: Stance): Finding {
  const floor = probing ? known : 0.8 * known;
  if (found.rate < floor) return { ...found, rate: floor, measured: true };
  const isNear = probing && rate < 1.4 * known;
  return roundOff(isNear ? { ...found, rate: Math.min(found.rate, 1.02 * known) } : found);
}

/** Counted across two windows more seems to be allowed than is: a pace that was refused is too high. */
function holdWindow(found: Finding, belief: Belief, { probing, rate }: Stance): Finding {
  if (!probing) return { ...found, rate: Math.min(Math.max(found.rate, 0.5 * belief.rate), 0.93 * belief.rate) };
  return rate < 1.4 * belief.rate ? { ...found, rate: belief.rate } : found;
}

/** Few requests measure nothing, unless they confirm; a bound that says little is raised towards the last pace. */
function doubt(found: Finding, { accepted }: Epoch, belief: Belief, stance: Stance): Finding {
  const { kind, rate, count } = found;
  if (kind === 'bucket' && count < FEW && Math.abs(rate / belief.rate - 1) >= 0.15)
    return { ...found, measured: false };
  if (kind !== 'empty' || found.measured || accepted < FEW) return found;
  return { ...found, rate: Math.sqrt(rate * Math.max(rate, Math.min(stance.rate, 10 * rate))) };
}

function roundOff(found: Finding): Finding {
  const { kind, measured, contended, count } = found;
  const isExact = kind === 'bucket' && measured && !contended && count > 2;
  return isExact ? { ...found, rate: roundRate(found) / 1_000 } : found;
}

/** How soon and how boldly to look for more: a refusal may cost about 3 % of the throughput in between. */
function outlook(found: Finding, windowed: boolean, closure: number): Pick<Belief, 'growth' | 'patience'> {
  const { kind, rate, burst, measured, contended } = found;
  if (contended) return { growth: 0, patience: 4 * closure };
  if (!measured && kind === 'bucket') return { growth: 0.1, patience: closure };
  if (!measured) return { growth: windowed ? 0.15 : 0.6, patience: 0 };
  const cost = windowed ? closure : Math.max(0, closure - burst / rate);
  return { growth: 0.5, patience: Math.max(30 * cost, 3_000, 100 / rate) };
}
