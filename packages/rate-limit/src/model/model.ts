import { type Answer, type Settled, usable, usableCost, usableWait } from './answer.ts';
import { Cooldown } from './cooldown.ts';
import { Concurrency, Flight } from './flight.ts';
import { History, Stretch } from './history.ts';
import { KnownLimit } from './known-limit.ts';
import { Limit } from './limit.ts';
import { Noise } from './noise.ts';
import { Quotas, type Spent } from './quotas.ts';
import { Sample } from './sample.ts';
import type { Snapshot } from './snapshot.ts';

/** A request that was sent. All but `at` and `cost` is the model's own. */
export interface Sent {
  readonly at: number;
  readonly cost: number;
  /** The stretch in which it was sent. */
  readonly stretch: Stretch;
  /** With so many in flight, itself included. */
  readonly inFlight: number;
  /** The pace at which it was sent, per ms, and the one before that. */
  readonly pace: number;
  readonly paceBefore: number;
  /** Whether it was sent before the pace would have let it go. */
  readonly ahead: boolean;
  readonly before: Spent;
}

export interface PacerOptions {
  readonly random: () => number;
  /** A limit that is known in advance. */
  readonly limit?: { readonly requests: number; readonly per: number };
  /**
   * A share of several answers must be refused before other calls than the refused one are delayed. Otherwise a refusal delays all
   * calls, until refusals turn out to say nothing about the pace.
   */
  readonly needsProof?: boolean;
  /** Begins with this pace, per ms: the share of a limit that it had so far. */
  readonly start?: { readonly at: number; readonly pace: number };
}

/** The delay to return where only an answer can let the next call go, in milliseconds. */
const ASK_AGAIN_MS = 1_000;
/** A server that refused nothing may have filled up again after so long without a call, in milliseconds. */
const FULL_AFTER_MS = 1_000;

/**
 * When the next call of a key may be sent: learned from what became of those before. Pure: no clock, no timers. `advance` lets
 * time pass, `delay` asks, `send` counts, `settle` learns.
 */
export class Pacer {
  readonly #needsProof: boolean;
  readonly #cooldown: Cooldown;
  readonly #flight: Flight = new Flight();
  readonly #concurrency: Concurrency = new Concurrency();
  readonly #quotas: Quotas = new Quotas();
  readonly #limit: Limit;
  readonly #noise: Noise = new Noise();
  readonly #sample: Sample = new Sample();
  readonly #known: KnownLimit | undefined;
  #stretch: Stretch = new Stretch();
  /** As it was when the gate closed. */
  #paceThen = { pace: Infinity, trying: false };
  #loneRefusals = 0;
  #lastSent = -Infinity;

  constructor({ random, limit, needsProof = false, start }: PacerOptions) {
    this.#needsProof = needsProof;
    this.#cooldown = new Cooldown(random);
    this.#limit = new Limit(random);
    this.#known = limit && new KnownLimit(limit);
    if (limit) this.#flight.allow();
    if (start) this.#limit.begin(start.pace, start.at);
  }

  /** Time passes: the gate opens, tokens come, the pace grows. */
  advance(now: number): void {
    if (this.#cooldown.advance(now)) this.#open(now);
    this.#flight.advance(now);
    this.#quotas.advance(now, this.#flight.count);
    this.#limit.pace.advance(now, this.#cooldown.closed);
  }

  /** So many calls want to go, the last of them by `latest`. */
  announce(now: number, { length, latest }: { readonly length: number; readonly latest?: number | undefined }): void {
    this.#quotas.announce(length, latest && latest - now);
  }

  /** Milliseconds until the next call may be sent, 0 for now. Ask again then: it may be longer. */
  delay(now: number, cost = 1): number {
    const closed = this.#cooldown.delay(now, this.#doubtful ? this.#lastSent : undefined);
    const isFull = this.#isFull;
    const known = this.#known?.delay(now) ?? 0;
    if (!isFull && this.#sample.wants(now)) return known;
    if (closed > 0) return closed;
    if (isFull) return ASK_AGAIN_MS;
    const price = usableCost(cost) ?? 1;
    return Math.max(this.#paced(now, price), this.#flight.delay(now), known);
  }

  /** What the pace says. What is let go in a stream stands still while the gate is closed, and a probe does not wait for it. */
  #paced(now: number, price: number): number {
    if (this.#quotas.known) return this.#quotas.delay(now, price);
    return this.#cooldown.closed && this.#unlimited ? 0 : this.#limit.pace.delay(now, price);
  }

  send(now: number, cost = 1): Sent {
    const price = usableCost(cost) ?? 1;
    const { pace } = this.#limit;
    if (
      pace.way === 'free' &&
      !this.#cooldown.closed &&
      now - this.#lastSent > FULL_AFTER_MS &&
      this.#loneRefusals === 0
    ) {
      this.#limit.history = new History();
      this.#stretch = new Stretch(now);
    }
    this.#lastSent = now;
    this.#flight.sent(now);
    this.#sample.sent(now);
    const paceBefore = pace.rate(now);
    const ahead = !this.#cooldown.closed && pace.delay(now, price) > 0;
    pace.take(now, price);
    this.#known?.take(now);
    this.#stretch.send(now);
    const before = this.#quotas.take(price);
    return {
      at: now,
      cost: price,
      stretch: this.#stretch,
      inFlight: this.#flight.count,
      pace: pace.rate(now),
      paceBefore,
      ahead,
      before,
    };
  }

  settle(sent: Sent, now: number, answer: Answer): Settled {
    if (answer.kind === 'failed') {
      this.#flight.failed();
      if (answer.cost === 0) this.#unsent(sent);
      return { closed: this.#cooldown.closed };
    }
    const accepted = answer.kind === 'accepted';
    const quotas = usable(answer.quotas);
    const cost = usableCost(answer.cost) ?? sent.cost;
    this.#noise.note(!accepted, sent.pace);
    if (cost !== sent.cost) this.#quotas.correct(cost - sent.cost);
    this.#flight.answered(sent.at, now, accepted, quotas.length > 0 || !this.#unlimited);
    const { roundTrip } = this.#flight;
    const { isCertain } = this;
    const wait = usableWait(answer.wait);
    this.#quotas.settle(quotas, sent.before, { cost, sentAt: sent.at, now, roundTrip, accepted, wait, isCertain });
    // the pace is spent by estimates: learned from less, it would be too low, or nothing for good
    if (accepted) this.#accepted(sent, now, Math.max(cost, sent.cost));
    return accepted ? { closed: this.#cooldown.closed } : this.#refused(sent, now, answer.wait);
  }

  /** What was not sent costs nothing. */
  #unsent({ at, cost, paceBefore }: Sent): void {
    this.#known?.giveBack(at);
    this.#limit.pace.giveBack(cost, paceBefore);
  }

  snapshot(now: number): Snapshot {
    const { pace, burst, why } = this.#limit;
    const quota = this.#quotas.known ? this.#quotas.scarcest : undefined;
    const rate = quota ? quota.rate : pace.rate(now);
    return {
      state: this.#cooldown.opensIn(now) > 0 ? 'closed' : 'open',
      opensIn: this.#cooldown.opensIn(now),
      rate: rate < Infinity ? rate * 1000 : undefined,
      burst: quota ? undefined : burst,
      remaining: quota && Math.floor(quota.left),
      refusedShare: this.#noise.share,
      why: quota ? 'the server tells what is left' : why,
    };
  }

  /** The waits for a limit that is known in advance are never shortened. */
  get isCertain(): boolean {
    return this.#known !== undefined;
  }

  /** When the gate opened, if since then a guess alone holds calls back; Infinity where a limit was measured or told. */
  get guessesSince(): number {
    const isDoubted = this.#isFull && this.#concurrency.isDoubted;
    const isMeasured = !isDoubted && (this.#limit.isMeasured || this.#concurrency.isConfirmed);
    const isKnown = isMeasured || this.#quotas.known || this.#known !== undefined;
    return isKnown || this.#cooldown.closed ? Infinity : this.#cooldown.until;
  }

  /** As many are in flight as may be at once. */
  get #isFull(): boolean {
    return this.#flight.count >= this.#concurrency.most;
  }

  #accepted(sent: Sent, now: number, cost: number): void {
    this.#cooldown.accepted();
    this.#limit.accept(now, cost, now - sent.at);
    this.#concurrency.accepted(this.#flight.count + 1, now, sent.stretch === this.#stretch ? sent.inFlight : 0);
    if (this.#sample.has(sent.at)) {
      if (this.#sample.answered(false, sent.at)) this.#searchAnew(now);
      return;
    }
    if (sent.stretch === this.#stretch) this.#stretch.accept(now, sent.at, sent.inFlight, cost);
    if (sent.ahead) this.#limit.outpaced(this.#stretch, now);
    if (this.#isProbe(sent) && this.#cooldown.probeAccepted(sent.at, this.#noise.share)) {
      this.#cooldown.end(now);
      this.advance(now);
    } else if (this.#contradicts(sent)) {
      this.#cooldown.reopen(now);
      this.#stretch.dismiss();
      this.#noise.dismiss();
    }
  }

  /** A sample shows that the refusals do not depend on the pace: it is searched for anew, until more than usual is refused. */
  #searchAnew(now: number): void {
    const { pace } = this.#sample;
    this.#noise.tested(pace);
    this.#cooldown.reopen(now);
    this.#limit.ignore(pace, now);
    this.#stretch = new Stretch(now);
  }

  /** Whether an acceptance shows that the refusals concern some calls alone. */
  #contradicts(sent: Sent): boolean {
    return this.#isProbe(sent) || (this.#cooldown.closed && this.#unlimited && this.#stretch.outvoted);
  }

  #isProbe({ at }: Sent): boolean {
    return this.#doubtful && this.#cooldown.isProbe(at);
  }

  #refused(sent: Sent, now: number, wait: number | undefined): Settled {
    const asked = usableWait(wait);
    const { roundTrip } = this.#flight;
    const isSample = this.#sample.has(sent.at);
    if (isSample) this.#sample.answered(true, sent.at);
    else if (this.#isProbe(sent)) this.#cooldown.probeRefused(sent.at);
    if (!isSample && sent.stretch === this.#stretch) this.#stretch.refuse(now, sent);
    if (this.#cooldown.closed || (!isSample && this.#believes(asked))) {
      if (!this.#cooldown.closed) this.#beforeClosing(sent, now);
      this.#cooldown.close(now, asked, roundTrip);
    } else if (!isSample) this.#noise.doubt();
    const own = Math.max(this.#cooldown.opensIn(now), 100, roundTrip);
    return { retryIn: wait !== undefined && wait > own ? wait : own, closed: this.#cooldown.closed };
  }

  #beforeClosing(sent: Sent, now: number): void {
    const { pace } = this.#limit;
    this.#paceThen = { pace: pace.rate(now), trying: pace.tries(now) };
    if (this.#noise.patient || this.#quotas.known) return;
    const { accepted, length } = this.#stretch;
    const used = Math.min(pace.rate(now), (1.2 * (accepted + 1)) / length);
    this.#sample.closed(now, sent.at, used, this.#flight.roundTrip);
  }

  /** Whether the refusals that closed the gate may concern some calls alone. Then a long closing is probed. */
  get #doubtful(): boolean {
    const { acceptedAfter, refused } = this.#stretch;
    return this.#needsProof || acceptedAfter >= refused;
  }

  /** No limit is known, neither by fields nor by refusals. */
  get #unlimited(): boolean {
    return this.#limit.pace.way === 'free' && !this.#quotas.known;
  }

  /** Whether the refusal concerns other calls too. */
  #believes(asked: number | undefined): boolean {
    const unproven = this.#needsProof || this.#noise.patient || (this.#unlimited && asked === undefined);
    return !unproven || this.#noise.proven;
  }

  #open(now: number): void {
    const stretch = this.#stretch;
    // what was sent before the gate opened last was refused by the limit that closed it then: no news
    if (stretch.refused === 0) {
      this.#limit.goOn(now);
      return;
    }
    this.#stretch = new Stretch(now);
    const isAllRefused = this.#unlimited && this.#cooldown.hasRefusedProbes;
    const isAgain = this.#limit.pace.base < Infinity; // it lets go what waited
    if (isAllRefused && !isAgain && this.#limit.resume(now)) return;
    if (this.#quotas.known || this.#concurrency.learn(stretch, now)) return;
    // refused again, that may have been too much at once, and not all
    if (isAllRefused && isAgain && this.#limit.resume(now)) return;
    this.#learn(stretch, now);
  }

  #learn(stretch: Stretch, now: number): void {
    if (this.#limit.pace.way === 'free' && stretch.lone) this.#learnLone(stretch, now);
    else {
      const closing = { ...this.#paceThen, closure: this.#cooldown.length, fine: this.#noise.closed(stretch) };
      this.#limit.learn(stretch, closing, now);
    }
  }

  /** One alone was refused in a steady flow: that is no limit yet, and noise from the second time on. */
  #learnLone(stretch: Stretch, now: number): void {
    if (this.#loneRefusals++ === 0) this.#limit.lone(stretch, now);
    else {
      this.#noise.dismiss();
      this.#limit.release(now);
    }
  }
}
