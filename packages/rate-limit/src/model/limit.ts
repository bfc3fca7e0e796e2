import { type Estimate, estimate } from './estimate.ts';
import { History } from './history.ts';
import { Pace, within } from './pace.ts';
import type { Stretch } from './stretch.ts';

/** About how long a pace is held at most, and at least, before more is tried for, in milliseconds. */
const LONGEST_HOLD_MS = 20_000;
const SHORTEST_HOLD_MS = 1_500;
/**
 * How far a pace that a bucket explains may be wrong, at least and at most, as a share of it. One that no bucket explains may be
 * wrong by the most.
 */
const LEAST_DOUBT = 0.033;
const MOST_DOUBT = 0.3;
/** How much of a burst is used. The rest is left for requests that are in flight already. */
const SHARE_OF_BURST_USED = 0.7;
/** How much of a shared pace is kept after a refusal. */
const SHARE_KEPT = 0.7;
/** How long a shared pace takes to win back what it gave up, the time of one request at least. The same for all, since that makes shares equal. */
const CLIMB_MS = 20_000;
/** Fewer accepted at once than this are no burst. */
const LEAST_BURST = 4;
/** Calls that are no further apart than this are one flow. */
const LONGEST_GAP_MS = 120_000;
/** A flow that is longer than this tells the pace of its calls. */
const SHORTEST_FLOW_MS = 10_000;
/** How much of a share that is known is used at the start. */
const SHARE_AT_START = 0.95;
/** A stretch that accepted fewer requests than this is too short to measure a pace by. */
const LEAST_TO_MEASURE = 10;

/** Why a gate is open before anything is known about it. */
export const NOTHING_REFUSED = 'no limit is known yet';
/** Why a limit has its pace, where that is more than a guess. */
const MEASURED = 'a bucket explains the refusals';

/** Why the gate was closed, and for how long. */
export interface Closing {
  /** The pace at that time, per ms; Infinity while free. */
  readonly pace: number;
  /** Whether the pace was above what was proven. */
  readonly trying: boolean;
  /** How long the gate was closed for it, ms. */
  readonly closure: number;
  /** The pace up to which no more than usual was refused, per ms, where some refusals do not depend on it. */
  readonly fine?: number | undefined;
}

/** Closings in a row in which a search had nothing accepted. */
interface Stall {
  /** The pace before the first of them, or that of what had been accepted until then, if it is lower. */
  readonly pace: number;
  /** Whether enough had been accepted to tell that. */
  readonly isKnown: boolean;
  /** The pace before the last of them, if there are several. */
  steppedFrom?: number | undefined;
  /** When the first request was accepted after them. */
  wonBackAt?: number | undefined;
}

/** A limit that the server shows only by refusing: it is measured from refusal to refusal. */
export class Limit {
  readonly pace: Pace = new Pace();
  history: History = new History();
  readonly #random: () => number;
  #burst = 1;
  /** When the limit was last used up. */
  #emptied = 0;
  /** The pace at which is let go what waited. */
  #steady = Infinity;
  /** The closings in a row in which a search had nothing accepted; `undefined` where something was. */
  #stall: Stall | undefined;
  /** What was accepted since when, in calls that are not far apart. */
  readonly #flow = { accepted: 0, from: 0, last: -Infinity };
  why: string = NOTHING_REFUSED;

  constructor(random: () => number) {
    this.#random = random;
  }

  get burst(): number | undefined {
    return this.pace.way === 'free' ? undefined : this.#burst;
  }

  get #isShared(): boolean {
    return this.pace.way === 'climb';
  }

  /** Whether its pace is more than a guess. */
  get isMeasured(): boolean {
    return this.why === MEASURED;
  }

  /** Begins with a pace that was a share of a limit so far. */
  begin(pace: number, now: number): void {
    // The first call waits for the time of two to three requests: what was sent before is still in flight.
    this.pace.open(now, -1 - this.#random());
    this.#share(pace, now, SHARE_AT_START);
  }

  accept(now: number, took: number): void {
    const flow = this.#flow;
    if (now - flow.last > LONGEST_GAP_MS) [flow.accepted, flow.from] = [0, now];
    flow.accepted++;
    flow.last = now;
    this.history.accept(now, took);
    if (this.#stall) this.#winBack(this.#stall, now - took, now);
  }

  /**
   * Something is accepted after several closings in which nothing was: they came from an outage, or from others. The first accepted
   * request wins back the last step down of the search, and the next one that was sent after that all of them, up to the pace of before.
   * Where that is known, a limit is measured anew from there.
   */
  #winBack(stall: Stall, sentAt: number, now: number): void {
    if (stall.steppedFrom === undefined) this.#stall = undefined;
    else if (stall.wonBackAt === undefined) {
      this.pace.winBack(stall.steppedFrom);
      stall.wonBackAt = now;
    } else if (sentAt >= stall.wonBackAt) {
      this.pace.winBack(stall.pace);
      if (stall.isKnown) {
        this.history = new History(); // what was refused in between shows no bucket
        this.#usedUp(now);
      }
      this.#stall = undefined;
    }
  }

  /** More was accepted than the pace gives, since something else let it go: the pace is that at least, and tries for more. */
  outpaced({ accepted, length }: Stretch, now: number): void {
    this.pace.hasten(now);
    if (accepted >= LEAST_TO_MEASURE) this.pace.raise(accepted / Math.max(length, SHORTEST_FLOW_MS), now);
  }

  /** Learns from a stretch that ended with a refusal, when the gate opens again. */
  learn(stretch: Stretch, closing: Closing, now: number): void {
    if (this.#isContradicted(stretch, closing)) this.goOn(now);
    else if (stretch.accepted === 0 && this.pace.way === 'search') this.#noneAccepted(now);
    else this.#measure(stretch, closing, now);
  }

  /** One was refused in a steady flow: that is remembered, and nothing changes. */
  lone({ accepted, last, length }: Stretch, now: number): void {
    this.history.mark(last, this.#burst);
    this.#usedUp(last);
    this.#steady = (1.5 * accepted) / length;
    this.release(now);
    this.why = 'one was refused in a steady flow';
  }

  /**
   * All was refused for a time, whatever was sent: that says nothing of the pace. What waited is let go at three times the one of
   * before, since it has waited for long. Returns whether that is known.
   */
  resume(now: number): boolean {
    const pace = this.#flowPace;
    if (pace === Infinity) return false;
    this.#steady = 3 * pace;
    this.release(now);
    this.why = 'all was refused for a time';
    return true;
  }

  /** The pace of what was accepted so far, per ms; Infinity where that is too little to tell. */
  get #flowPace(): number {
    const { accepted, from, last } = this.#flow;
    return accepted < LEAST_TO_MEASURE || last === from ? Infinity : accepted / (last - from);
  }

  /** Lets go what waited while the gate was closed for nothing. */
  release(now: number): void {
    this.pace.open(now, 0);
    this.pace.release(this.#steady);
  }

  /** The refusals that led here do not depend on the pace: it is searched for from what was sent, without them. */
  ignore(pace: number, now: number): void {
    this.history = new History();
    this.#usedUp(now);
    this.pace.open(now, 0);
    this.pace.search(pace, 1);
    this.why = 'refusals do not depend on the pace';
  }

  /** Nothing was accepted: fewer than two requests came back since the limit was used up. So the pace is no higher than that. */
  #noneAccepted(now: number): void {
    const { base } = this.pace;
    if (this.#stall) Object.assign(this.#stall, { steppedFrom: base, wonBackAt: undefined });
    else this.#stall = { pace: Math.min(base, this.#flowPace), isKnown: this.#flowPace < Infinity };
    this.pace.base = Math.min(base, 2 / Math.max(1, now - this.#emptied));
    this.pace.open(now, 0);
  }

  #measure(stretch: Stretch, closing: Closing, now: number): void {
    const { history, pace } = this;
    history.mark(stretch.last, this.#burst);
    const used = Math.max(1, stretch.last - this.#emptied - pace.unused);
    const accepted = stretch.accepted / used;
    this.#usedUp(stretch.last);
    pace.open(now, Math.min(pace.tokens, 1));
    const found = pace.way === 'free' || this.#isShared ? undefined : estimate(history, closing.pace * 1.05);
    const isHeld = pace.way === 'hold' && !closing.trying;
    const isShared = isHeld && stretch.accepted < LEAST_TO_MEASURE;
    if (pace.way === 'free') this.#firstRefused(stretch, closing, now);
    else if (found && !isShared) this.#holdBucket(found, stretch, closing, now);
    else if (pace.way === 'search')
      this.#hold(closing.fine ?? accepted, 1, MOST_DOUBT, closing, now, 'no bucket explains the refusals');
    else this.#share(closing.pace, now, SHARE_KEPT, stretch.accepted > 0 ? 0 : this.#before);
  }

  /** From here on the next pace is measured. */
  #usedUp(at: number): void {
    this.#emptied = at;
    this.pace.unused = 0;
  }

  /**
   * The first refusal. Where it came after a burst it tells the size of that. Where single calls had been accepted for some time, and
   * now not even a few, others have used the limit up: what was accepted until then is the share.
   */
  #firstRefused(stretch: Stretch, closing: Closing, now: number): void {
    const { accepted, from, last } = this.#flow;
    const isFlow = last - from > SHORTEST_FLOW_MS && now - last < LONGEST_GAP_MS;
    if (isFlow && stretch.accepted < LEAST_BURST) {
      this.pace.open(now, 0);
      this.#share(accepted / (now - from), now);
    } else this.#search(stretch, closing);
  }

  /** The first refusal tells how large the burst was, and not yet how much comes back: from a low pace upwards until refused again. */
  #search({ accepted, length }: Stretch, { closure }: Closing): void {
    this.#burst = Math.max(1, accepted);
    // the root: clients that share the burst start alike, also if one got more of it
    const start = (4 * Math.sqrt(Math.max(4, accepted))) / (closure + length);
    const steady = length > 1_000 ? (0.5 * accepted) / length : 0;
    this.pace.search(Math.max(start, steady), (SHARE_OF_BURST_USED * this.#burst * closure) / (closure + length));
    this.why = 'refused once: searching for the pace';
  }

  /** A bucket explains what happened. Just under its rate is held. */
  #holdBucket({ rate, burst, doubt }: Estimate, stretch: Stretch, closing: Closing, now: number): void {
    this.#burst = burst;
    const free = closing.trying || this.pace.way === 'search' || stretch.accepted < 2 * burst + 4;
    const most = free ? Infinity : (stretch.accepted - 0.5 * burst) / stretch.length;
    const depth = Math.min(burst - 1, SHARE_OF_BURST_USED * burst);
    // while the gate was closed for the search more came back than the bucket holds: it is full
    const lost = this.pace.way === 'search' ? rate * closing.closure - burst : 0;
    this.pace.open(now, Math.max(this.pace.tokens, Math.min(depth, lost)));
    this.#hold(Math.min(0.995 * rate, most), depth, within(doubt, LEAST_DOUBT, MOST_DOUBT), closing, now, MEASURED);
  }

  /** The pace before shares of it were given up, where it is so fast that others alone would not have used up all. */
  get #before(): number {
    return this.#isShared && this.pace.ceiling * CLIMB_MS >= LEAST_TO_MEASURE ? this.pace.ceiling : 0;
  }

  /** The gate opens again, and the pace stays as it is: what was refused says nothing about it. */
  goOn(now: number): void {
    this.pace.open(now, Math.min(this.pace.tokens, 1));
  }

  /**
   * Were those that were sent after it accepted, or was none refused but what went ahead of the pace? Then it takes nothing from a pace
   * that is held or shared.
   */
  #isContradicted({ contradicted, refusedInPace }: Stretch, { trying }: Closing): boolean {
    return (contradicted || refusedInPace === 0) && ((this.pace.way === 'hold' && !trying) || this.#isShared);
  }

  /**
   * Several clients share a limit. Each gives up a share of its pace when refused and wins it back in a straight line in time,
   * by chance not quite at the same time as others: additive increase and multiplicative decrease lead to fair shares (Chiu
   * and Jain, 1989). Counted in requests in place of time, the slow ones would stay slow. Refused again and again with nothing
   * accepted in between, it wins back what it had before: so an outage is not remembered for longer than one refusal.
   */
  #share(pace: number, now: number, kept: number = SHARE_KEPT, before: number = 0): void {
    const ceiling = Math.max(pace, before);
    const time = Math.max(1 / ceiling, CLIMB_MS);
    this.pace.climb(kept * pace, ceiling, time * (0.7 + 0.6 * this.#random()), now);
    this.why = 'others share the limit, or it changes';
  }

  /** Holds a pace; tries for more once the doubt about it, half of it on average, has cost as much as a refusal. */
  #hold(rate: number, depth: number, doubt: number, { closure }: Closing, now: number, why: string): void {
    this.why = why;
    const cost = Math.max(0, closure - (depth > 1 ? this.#burst / rate : 0));
    const calm = (LONGEST_HOLD_MS / Math.sqrt(1000 * rate)) * Math.min(1, 0.1 / doubt);
    const patience = Math.max((2 * cost) / doubt, calm);
    const chance = 0.85 + 0.3 * this.#random();
    const time = within(patience, SHORTEST_HOLD_MS, LONGEST_HOLD_MS) * chance;
    this.pace.hold(rate, depth, time, Math.min(0.3, 3 * doubt), now);
  }
}
