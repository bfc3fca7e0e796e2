import { type Estimate, estimate } from './estimate.ts';
import { History } from './history.ts';
import { Pace, within } from './pace.ts';
import type { Stretch } from './stretch.ts';

/** The bounds of how long a pace is held before a higher one is tried, in milliseconds. Chance varies it by up to 15 %. */
const LONGEST_HOLD_MS = 20_000;
const SHORTEST_HOLD_MS = 1_500;
/** The bounds of the assumed relative error of a pace that a bucket explains. Without a bucket, the error is the largest. */
const MIN_ERROR = 0.033;
const MAX_ERROR = 0.3;
/** How much of a burst is used. The rest is left for requests that are already in flight. */
const SHARE_OF_BURST_USED = 0.7;
/** How much of a shared pace is kept after a refusal. */
const SHARE_KEPT = 0.7;
/** How long a shared pace takes to win back what it gave up; at least one request's time. Equal times give all clients equal shares. */
const CLIMB_MS = 20_000;
/** A stretch that accepted fewer requests than this had no burst. */
const MIN_BURST = 4;
/** After a longer time without an acceptance, the measurement of the traffic starts anew. */
const LONGEST_GAP_MS = 120_000;
/** The traffic is measured once it has lasted longer than this. */
const SHORTEST_TRAFFIC_MS = 10_000;
/** How much of a share that was known before is used at the start. */
const SHARE_AT_START = 0.95;
/** Fewer acceptances than this are too few to measure a pace. */
const MIN_TO_MEASURE = 10;

/** The reason in a snapshot while no limit is known. */
export const NOTHING_REFUSED = 'no limit is known yet';
/** The reason in a snapshot if the pace is more than a guess. */
const MEASURED = 'a bucket explains the refusals';

/** What `Limit.learn` needs of a cooldown that is over. */
export interface PastCooldown {
  /** The pace when the gate closed, per ms; Infinity if there was none. */
  readonly pace: number;
  /** Whether a held pace had risen above the measured one by then. */
  readonly rising: boolean;
  /** How long the gate was closed, in milliseconds. */
  readonly lasted: number;
  /** If some refusals do not depend on the pace: the pace per ms up to which no more than the usual share was refused. */
  readonly usualPace?: number | undefined;
}

/** Cooldowns in a row between which a search had nothing accepted. */
interface FailedSearch {
  /** The pace before the first cooldown, or the pace of all earlier acceptances if that is lower. */
  readonly pace: number;
  /** Whether there were enough acceptances to measure their pace. */
  readonly isMeasured: boolean;
  /** The pace before the last cooldown, if there were several. */
  steppedFrom?: number | undefined;
  /** When the first request after the last cooldown was accepted. */
  wonBackAt?: number | undefined;
}

/**
 * A limit that the server shows only by refusing. A refusal that closes the gate ends a stretch (see `Stretch`). From that stretch and the
 * history of all stretches follows the next pace: search for it, hold just under the rate of a bucket that explains the history, or
 * share the limit with other clients.
 */
export class Limit {
  readonly pace: Pace = new Pace();
  history: History = new History();
  readonly #random: () => number;
  #burst = 1;
  /** When the limit was last used up: from here on the next pace is measured. */
  #usedUpAt = 0;
  /** The pace at which the queue is released after a refusal that proved nothing. */
  #releasePace = Infinity;
  /** Set if nothing was accepted between the last cooldowns of a search, until the pace is won back. */
  #failedSearch: FailedSearch | undefined;
  /** How many requests were accepted since `from`, with no long gap between them. */
  readonly #traffic = { accepted: 0, from: 0, last: -Infinity };
  why: string = NOTHING_REFUSED;

  constructor(random: () => number) {
    this.#random = random;
  }

  get burst(): number | undefined {
    return this.pace.mode === 'free' ? undefined : this.#burst;
  }

  get #isShared(): boolean {
    return this.pace.mode === 'climb';
  }

  get isMeasured(): boolean {
    return this.why === MEASURED;
  }

  /** Begins with the pace that this client had as its share of the limit so far. */
  begin(pace: number, now: number): void {
    // the first call waits for the time of two to three requests, since earlier requests are still in flight
    this.pace.open(now, -1 - this.#random());
    this.#share(pace, now, SHARE_AT_START);
  }

  accept(now: number, took: number): void {
    const traffic = this.#traffic;
    if (now - traffic.last > LONGEST_GAP_MS) [traffic.accepted, traffic.from] = [0, now];
    traffic.accepted++;
    traffic.last = now;
    this.history.accept(now, took);
    if (this.#failedSearch) this.#winBack(this.#failedSearch, now - took, now);
  }

  /**
   * A request is accepted after a failed search. Several cooldowns in a failed search come from an outage or from other clients. So the
   * first accepted request wins back the last step down. The next request that was sent after this acceptance wins back all steps,
   * and the limit is measured anew if the pace before the failed search was measured.
   */
  #winBack(failed: FailedSearch, sentAt: number, now: number): void {
    if (failed.steppedFrom === undefined) this.#failedSearch = undefined;
    else if (failed.wonBackAt === undefined) {
      this.pace.winBack(failed.steppedFrom);
      failed.wonBackAt = now;
    } else if (sentAt >= failed.wonBackAt) {
      this.pace.winBack(failed.pace);
      if (failed.isMeasured) {
        this.history = new History(); // the refusals in between show no bucket
        this.#usedUp(now);
      }
      this.#failedSearch = undefined;
    }
  }

  /** Learns that a request was accepted that was sent ahead of the pace. The pace is at least what was accepted, and tries for more. */
  outpaced({ accepted, length }: Stretch, now: number): void {
    this.pace.riseNow(now);
    if (accepted >= MIN_TO_MEASURE) this.pace.raise(accepted / Math.max(length, SHORTEST_TRAFFIC_MS), now);
  }

  /** Learns from a stretch that ended with a refusal, when the gate opens again. */
  learn(stretch: Stretch, cooldown: PastCooldown, now: number): void {
    if (this.#isContradicted(stretch, cooldown)) this.keepPace(now);
    else if (stretch.accepted === 0 && this.pace.mode === 'search') this.#noneAccepted(now);
    else this.#measure(stretch, cooldown, now);
  }

  /** Notes a single refusal in steady traffic. It sets no pace. */
  noteLone({ accepted, last, length }: Stretch, now: number): void {
    this.history.mark(last, this.#burst);
    this.#usedUp(last);
    this.#releasePace = (1.5 * accepted) / length;
    this.release(now);
    this.why = 'one was refused in steady traffic';
  }

  /**
   * The server refused everything for a time, which says nothing about the pace. Releases the queue at three times the earlier pace,
   * since its calls have waited for long. Returns false, and does nothing, if that pace was not measured.
   */
  resume(now: number): boolean {
    const pace = this.#acceptedPace;
    if (pace === Infinity) return false;
    this.#releasePace = 3 * pace;
    this.release(now);
    this.why = 'all was refused for a time';
    return true;
  }

  /** The pace of the accepted traffic, per ms; Infinity if it is too little to measure. */
  get #acceptedPace(): number {
    const { accepted, from, last } = this.#traffic;
    return accepted < MIN_TO_MEASURE || last === from ? Infinity : accepted / (last - from);
  }

  /** Releases the queue after a cooldown that turned out to be unnecessary. */
  release(now: number): void {
    this.pace.open(now, 0);
    this.pace.release(this.#releasePace);
  }

  /** The refusals so far do not depend on the pace. Drops them, and searches upwards from the pace that was sent. */
  ignore(pace: number, now: number): void {
    this.history = new History();
    this.#usedUp(now);
    this.pace.open(now, 0);
    this.pace.search(pace, 1);
    this.why = 'refusals do not depend on the pace';
  }

  /** Nothing was accepted, so fewer than two requests were refilled since the limit was used up. This bounds the pace. */
  #noneAccepted(now: number): void {
    const { base } = this.pace;
    if (this.#failedSearch) Object.assign(this.#failedSearch, { steppedFrom: base, wonBackAt: undefined });
    else this.#failedSearch = { pace: Math.min(base, this.#acceptedPace), isMeasured: this.#acceptedPace < Infinity };
    this.pace.base = Math.min(base, 2 / Math.max(1, now - this.#usedUpAt));
    this.pace.open(now, 0);
  }

  #measure(stretch: Stretch, cooldown: PastCooldown, now: number): void {
    const { history, pace } = this;
    history.mark(stretch.last, this.#burst);
    const elapsed = Math.max(1, stretch.last - this.#usedUpAt - pace.unused);
    const accepted = stretch.accepted / elapsed;
    this.#usedUp(stretch.last);
    pace.open(now, Math.min(pace.tokens, 1));
    const bucket = pace.mode === 'free' || this.#isShared ? undefined : estimate(history, cooldown.pace * 1.05);
    const isHeld = pace.mode === 'hold' && !cooldown.rising;
    const isShared = isHeld && stretch.accepted < MIN_TO_MEASURE;
    if (pace.mode === 'free') this.#firstRefused(stretch, cooldown, now);
    else if (bucket && !isShared) this.#holdBucket(bucket, stretch, cooldown, now);
    else if (pace.mode === 'search')
      this.#hold(cooldown.usualPace ?? accepted, 1, MAX_ERROR, cooldown, now, 'no bucket explains the refusals');
    else this.#share(cooldown.pace, now, SHARE_KEPT, stretch.accepted > 0 ? 0 : this.#paceToRegain);
  }

  #usedUp(at: number): void {
    this.#usedUpAt = at;
    this.pace.unused = 0;
  }

  /**
   * The first refusal usually ends a burst, and shows its size. But if steady traffic had been accepted for some time, and the last
   * stretch accepted fewer than a burst, then others have used up the limit. The pace of the traffic is this client's share.
   */
  #firstRefused(stretch: Stretch, cooldown: PastCooldown, now: number): void {
    const { accepted, from, last } = this.#traffic;
    const isSteady = last - from > SHORTEST_TRAFFIC_MS && now - last < LONGEST_GAP_MS;
    if (isSteady && stretch.accepted < MIN_BURST) {
      this.pace.open(now, 0);
      this.#share(accepted / (now - from), now);
    } else this.#search(stretch, cooldown);
  }

  /** The first refusal shows the size of the burst, but not the refill rate. So the pace starts low, and rises until the next refusal. */
  #search({ accepted, length }: Stretch, { lasted }: PastCooldown): void {
    this.#burst = Math.max(1, accepted);
    // the square root makes clients that share the burst start at similar paces, even if one of them got more of it
    const start = (4 * Math.sqrt(Math.max(4, accepted))) / (lasted + length);
    const steady = length > 1_000 ? (0.5 * accepted) / length : 0;
    this.pace.search(Math.max(start, steady), (SHARE_OF_BURST_USED * this.#burst * lasted) / (lasted + length));
    this.why = 'refused once: searching for the pace';
  }

  /** A bucket explains the history. Holds a pace just under its rate. */
  #holdBucket({ rate, burst, error }: Estimate, stretch: Stretch, cooldown: PastCooldown, now: number): void {
    this.#burst = burst;
    const isUncapped = cooldown.rising || this.pace.mode === 'search' || stretch.accepted < 2 * burst + 4;
    // a held pace that was refused again is at most what the stretch accepted
    const cap = isUncapped ? Infinity : (stretch.accepted - 0.5 * burst) / stretch.length;
    const depth = Math.min(burst - 1, SHARE_OF_BURST_USED * burst);
    // if more refilled during the cooldown after a search than the bucket holds, the bucket is full
    const overflow = this.pace.mode === 'search' ? rate * cooldown.lasted - burst : 0;
    this.pace.open(now, Math.max(this.pace.tokens, Math.min(depth, overflow)));
    this.#hold(Math.min(0.995 * rate, cap), depth, within(error, MIN_ERROR, MAX_ERROR), cooldown, now, MEASURED);
  }

  /** The pace before the refusals, if it is shared and fast enough that others alone would not have used up the limit; else 0. */
  get #paceToRegain(): number {
    return this.#isShared && this.pace.ceiling * CLIMB_MS >= MIN_TO_MEASURE ? this.pace.ceiling : 0;
  }

  /** Opens the gate and leaves the pace as it is, since the refusals say nothing about it. */
  keepPace(now: number): void {
    this.pace.open(now, Math.min(this.pace.tokens, 1));
  }

  /** Whether a held or shared pace stays: later requests were accepted, or only requests ahead of the pace were refused. */
  #isContradicted({ contradicted, refusedInPace }: Stretch, { rising }: PastCooldown): boolean {
    return (contradicted || refusedInPace === 0) && ((this.pace.mode === 'hold' && !rising) || this.#isShared);
  }

  /**
   * Several clients share a limit. Each gives up a part of its pace when refused, and wins it back in a straight line in a fixed time:
   * additive increase and multiplicative decrease lead to fair shares (Chiu and Jain, 1989). The time is randomized, so that
   * clients do not move in step. It is not counted in requests, since slow clients would stay slow. If nothing was accepted between
   * refusals, the ceiling is the pace from `before` them: an outage costs no more than one refusal.
   */
  #share(pace: number, now: number, kept: number = SHARE_KEPT, before: number = 0): void {
    const ceiling = Math.max(pace, before);
    const time = Math.max(1 / ceiling, CLIMB_MS);
    this.pace.climb(kept * pace, ceiling, time * (0.7 + 0.6 * this.#random()), now);
    this.why = 'others share the limit, or it changes';
  }

  /** Holds a pace, and tries for more once its expected error (half of `error`) has cost as many requests as a refusal would. */
  #hold(rate: number, depth: number, error: number, { lasted }: PastCooldown, now: number, why: string): void {
    this.why = why;
    const cost = Math.max(0, lasted - (depth > 1 ? this.#burst / rate : 0));
    const minPatience = (LONGEST_HOLD_MS / Math.sqrt(1000 * rate)) * Math.min(1, 0.1 / error);
    const patience = Math.max((2 * cost) / error, minPatience);
    const jitter = 0.85 + 0.3 * this.#random();
    const time = within(patience, SHORTEST_HOLD_MS, LONGEST_HOLD_MS) * jitter;
    this.pace.hold(rate, depth, time, Math.min(0.3, 3 * error), now);
  }
}
