import { type Estimate, estimate } from './estimate.ts';
import { History, type Stretch } from './history.ts';
import { Pace, within } from './pace.ts';

/** More is tried for after so long at most, whatever the pace is, ms. */
const LONGEST_PATIENCE = 20_000;
const SHORTEST_PATIENCE = 1_500;
/** The doubt about a pace that was proven by being refused just above it, and about one that is a guess. */
const SURE = 0.033;
const UNSURE = 0.3;
/** Of the burst, so much is used: what is left is for what is on its way. */
const USED = 0.7;
/** What of a shared pace is left after a refusal. */
const KEPT = 0.7;
/**
 * The rest is won back by as much a second for all who are fast: in two seconds for each request a second. The slow ones take
 * the time of one request. Not sooner than in 20 s, nor later than in 60, ms.
 */
const CLIMB = { perRate: 2_000_000, soonest: 20_000, latest: 60_000 };
/** Fewer that are accepted at once are no burst. */
const BURST = 4;
/** Calls that are not further apart are one flow; it tells the pace of its calls after so long, ms. */
const FLOW = { gap: 120_000, length: 10_000 };
/** So many accepted of those that were sent after a refused one say that the limit was not used up. */
const CONTRADICTED = 4;
/** A share that is known begins with so much of it. */
const BEGUN = 0.95;
/** A stretch that accepted fewer measures nothing. */
const FEW = 10;

/** Why a gate is open of which nothing is known. */
export const NOTHING_REFUSED = 'nothing was refused yet';

/** How a refusal came about that closed the gate. */
export interface Refusal {
  /** The pace at that time, per ms; Infinity while free. */
  readonly pace: number;
  /** Did we try for more than was proven? */
  readonly trying: boolean;
  /** How long the gate was closed for it, ms. */
  readonly closure: number;
  readonly roundTrip: number;
  /** Several were refused at once before: there is a limit, whatever single refusals mean. */
  readonly limited: boolean;
}

/** A limit of which the server tells nothing but by refusing: measured from refusal to refusal. */
export class Limit {
  readonly pace: Pace = new Pace();
  readonly history: History = new History();
  readonly #random: () => number;
  #burst = 1;
  /** When the limit was last used up. */
  #emptied = 0;
  /** The pace at which is let go what waited for a lone refusal. */
  #steady = Infinity;
  /** What was accepted since when, in calls that are not far apart. */
  readonly #flow = { accepted: 0, from: 0, last: -Infinity };
  why = NOTHING_REFUSED;

  constructor(random: () => number) {
    this.#random = random;
  }

  get burst(): number | undefined {
    return this.pace.way === 'free' ? undefined : this.#burst;
  }

  get shared(): boolean {
    return this.pace.way === 'climb';
  }

  /** Begins with a pace that was a share of a limit so far. */
  begin(pace: number, now: number): void {
    this.pace.open(now, -1 - this.#random()); // what is on its way of before comes first
    this.#share(pace, now, BEGUN);
  }

  accept(now: number, cost: number): void {
    const flow = this.#flow;
    if (now - flow.last > FLOW.gap) [flow.accepted, flow.from] = [0, now];
    flow.accepted += cost;
    flow.last = now;
    this.history.accept(now, cost);
  }

  /** More was accepted than the pace gives, since something else let it go: the pace is that at least, and tries for more. */
  outpaced({ accepted, length }: Stretch, now: number): void {
    this.pace.hasten(now);
    if (accepted >= FEW) this.pace.raise(accepted / Math.max(length, FLOW.length), now);
  }

  /** Learns from a stretch that ended with a refusal, when the gate opens again. */
  learn(stretch: Stretch, refusal: Refusal, now: number): void {
    if (stretch.accepted === 0 && this.pace.way === 'search') this.#nothing(now);
    else this.#measure(stretch, refusal, now);
  }

  /** One was refused in a steady flow: that is remembered, and nothing changes. */
  lone({ accepted, last, length }: Stretch, now: number): void {
    this.history.mark(last, this.#burst);
    this.#emptied = last;
    this.#steady = (1.5 * accepted) / length;
    this.release(now);
    this.why = 'one was refused in a steady flow';
  }

  /** Lets go what waited while the gate was closed for nothing. */
  release(now: number): void {
    this.pace.open(now, 0);
    this.pace.release(this.#steady);
  }

  /** The refusals that led here do not depend on the pace. */
  ignore({ last }: Stretch, now: number): void {
    this.history.restart(this.#burst);
    this.#emptied = last;
    this.pace.free();
    if (this.#steady < Infinity) this.release(now);
    this.why = 'refusals do not depend on the pace';
  }

  /** Marks the refusal and fits a bucket. Returns whether one explains it, at less than was sent; if not, the history starts anew. */
  fitBucket(stretch: Stretch, { roundTrip }: Refusal): boolean {
    this.history.mark(stretch.last, this.#burst);
    const sent = stretch.accepted / stretch.length;
    const found = estimate(this.history, sent * 1.05, roundTrip);
    if (found && found.rate * (1 + found.doubt) < 0.95 * sent) return true;
    this.history.restart(this.#burst);
    return false;
  }

  /** Nothing was accepted: in all the time since it was empty not even two came back. That says no more than that. */
  #nothing(now: number): void {
    this.pace.base = Math.min(this.pace.base, 2 / Math.max(1, now - this.#emptied));
    this.pace.open(now, 0);
  }

  #measure(stretch: Stretch, refusal: Refusal, now: number): void {
    const { history, pace } = this;
    history.mark(stretch.last, this.#burst);
    const accepted = stretch.accepted / Math.max(1, stretch.last - this.#emptied);
    this.#emptied = stretch.last;
    pace.open(now, Math.min(pace.tokens, 1));
    const found =
      pace.way === 'free' || this.shared ? undefined : estimate(history, refusal.pace * 1.05, refusal.roundTrip);
    const isHeld = pace.way === 'hold' && !refusal.trying;
    const isShared = isHeld && stretch.accepted < FEW;
    if (pace.way === 'free') this.#begin(stretch, refusal, now);
    else if (found && !isShared) this.#found(found, stretch, refusal, now);
    else if (pace.way === 'search') this.#hold(accepted, 1, UNSURE, refusal, now, 'no bucket explains the refusals');
    else if (!this.#isContradicted(stretch, refusal)) this.#share(refusal.pace, now);
  }

  /**
   * The first refusal. Where it came after a burst it tells the size of that. Where single calls had been accepted for some time, and
   * now not even a few, others have used the limit up: what was accepted until then is the share.
   */
  #begin(stretch: Stretch, refusal: Refusal, now: number): void {
    const { accepted, from, last } = this.#flow;
    const isFlow = last - from > FLOW.length && now - last < FLOW.gap;
    if (!isFlow || stretch.accepted >= BURST) this.#search(stretch, refusal);
    else {
      this.pace.open(now, 0);
      this.#share(accepted / (now - from), now);
    }
  }

  /** The first refusal tells how large the burst was, and not yet how much comes back: from a low pace upwards until refused again. */
  #search({ accepted, length }: Stretch, { closure }: Refusal): void {
    this.#burst = Math.max(1, accepted);
    // the root: those that share the burst start alike, whoever got more of it
    const start = (4 * Math.sqrt(Math.max(4, accepted))) / (closure + length);
    const steady = length > 1_000 ? (0.5 * accepted) / length : 0;
    this.pace.search(Math.max(start, steady), (USED * this.#burst * closure) / (closure + length));
    this.why = 'refused once: searching for the pace';
  }

  /** A bucket explains what happened. Just under its rate is held. */
  #found({ rate, burst, doubt }: Estimate, stretch: Stretch, refusal: Refusal, now: number): void {
    this.#burst = burst;
    const free = refusal.trying || this.pace.way === 'search' || stretch.accepted < 2 * burst + 4;
    const most = free ? Infinity : (stretch.accepted - 0.5 * burst) / stretch.length;
    const depth = Math.min(burst - 1, USED * burst);
    this.#hold(
      Math.min(0.995 * rate, most),
      depth,
      within(doubt, SURE, UNSURE),
      refusal,
      now,
      'a bucket explains the refusals',
    );
  }

  /** Were those that were sent after it accepted? Then it takes nothing from a pace that is shared. */
  #isContradicted({ acceptedAfter, refused }: Stretch, { limited }: Refusal): boolean {
    return this.shared && limited && acceptedAfter >= CONTRADICTED * refused;
  }

  /**
   * Several clients share a limit. Each gives up a share of its pace when refused and wins it back in a straight line in time,
   * by chance not quite at the same time as others: additive increase and multiplicative decrease lead to fair shares (Chiu
   * and Jain, 1989). Counted in requests in place of time, the slow ones would stay slow.
   */
  #share(pace: number, now: number, kept: number = KEPT): void {
    const time = within(Math.max(1 / pace, CLIMB.perRate * pace), CLIMB.soonest, CLIMB.latest);
    this.pace.climb(kept * pace, pace, time * (0.7 + 0.6 * this.#random()), now);
    this.why = 'others share the limit, or it changes';
  }

  /** Holds a pace; tries for more once the doubt about it has cost as much as a refusal. */
  #hold(rate: number, depth: number, doubt: number, { closure }: Refusal, now: number, why: string): void {
    this.why = why;
    const cost = Math.max(0, closure - (depth > 1 ? this.#burst / rate : 0));
    const calm = (LONGEST_PATIENCE / Math.sqrt(1000 * rate)) * Math.min(1, 0.1 / doubt);
    const patience = Math.max(cost / doubt, calm);
    const chance = 0.85 + 0.3 * this.#random();
    const time = within(patience, SHORTEST_PATIENCE, LONGEST_PATIENCE) * chance;
    this.pace.hold(rate, depth, time, Math.min(0.3, 3 * doubt), now);
  }
}
