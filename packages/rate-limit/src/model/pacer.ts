import type { Answer, Settled } from './answer.ts';
import { Flight } from './flight.ts';
import { KnownLimit } from './known-limit.ts';
import { Quotas, type Spent } from './quotas.ts';
import { Refusals } from './refusals.ts';
import type { Snapshot } from './snapshot.ts';
import type { Stretch } from './stretch.ts';

/** A request that was sent. Only the model reads the members other than `at` and `cost`. */
export interface Sent {
  readonly at: number;
  readonly cost: number;
  /** The stretch in which the request was sent. */
  readonly stretch: Stretch;
  /** How many requests were in flight, this one included. */
  readonly inFlight: number;
  /** The pace when the request was sent, per ms. */
  readonly pace: number;
  /** Whether the request was sent earlier than the pace allowed. */
  readonly ahead: boolean;
  /** What had been sent before the request. */
  readonly before: Spent;
}

export interface PacerOptions {
  readonly random: () => number;
  /** A limit that the user configured. */
  readonly limit?: { readonly requests: number; readonly per: number };
  /**
   * Whether a refusal delays only its own call until a share of several answers is refused. Otherwise a refusal delays all calls,
   * until refusals turn out to say nothing about the pace.
   */
  readonly needsProof?: boolean;
  /** Begins with this pace, per ms: the share of a limit that the client had so far. */
  readonly start?: { readonly at: number; readonly pace: number };
}

/** The delay to return if only an answer can let the next call go, in milliseconds. */
const ASK_AGAIN_MS = 1_000;

/**
 * Decides when the next call of a gate may be sent, from the answers to earlier requests. It has no clock and no timers: `advance`
 * makes time pass, `delay` returns the wait of the next call, `send` counts a request, and `settle` learns from its answer.
 */
export class Pacer {
  readonly #flight: Flight = new Flight();
  readonly #quotas: Quotas = new Quotas();
  readonly #known: KnownLimit | undefined;
  readonly #refusals: Refusals;

  constructor(options: PacerOptions) {
    const { limit, start } = options;
    this.#refusals = new Refusals(options, this.#flight, this.#quotas);
    this.#known = limit && new KnownLimit(limit);
    if (limit) this.#flight.room = Infinity;
    if (start) this.#refusals.limit.begin(start.pace, start.at);
  }

  /** Time passes: the gate may open, tokens are refilled, and the pace may grow. */
  advance(now: number): void {
    const { cooldown, limit } = this.#refusals;
    this.#refusals.advance(now);
    this.#flight.advance(now);
    this.#quotas.advance(now, this.#flight.count);
    limit.pace.advance(now, cooldown.closed);
  }

  /** Reports the queue: `length` calls wait, and the last of them must be sent by `latest`. */
  announce(now: number, { length, latest }: { readonly length: number; readonly latest?: number | undefined }): void {
    this.#quotas.announce(length, latest && latest - now);
  }

  /** Milliseconds until the next call may be sent; 0 for now. After that time, ask again: the answer may be a further delay. */
  delay(now: number, cost = 1): number {
    const closedFor = this.#refusals.closedFor(now);
    const isFull = this.#isFull;
    const known = this.#known?.delay(now) ?? 0;
    if (!isFull && this.#refusals.wantsSample(now)) return known;
    if (closedFor > 0) return closedFor;
    if (isFull) return ASK_AGAIN_MS;
    return Math.max(this.#paced(now, cost), this.#flight.delay(now), known);
  }

  /** The delay by quotas, else by the pace. While the gate is closed, a release stands still; a probe does not wait for it. */
  #paced(now: number, cost: number): number {
    if (this.#quotas.usable) return this.#quotas.delay(now, cost);
    const { cooldown, limit, unlimited } = this.#refusals;
    return cooldown.closed && unlimited ? 0 : limit.pace.delay(now);
  }

  /** Counts a request. If it was counted `earlier` and then held back, it keeps its place at quotas, before those held back behind it. */
  send(now: number, cost = 1, earlier?: Sent): Sent {
    this.#flight.sent(now);
    this.#known?.take(now);
    const inFlight = this.#flight.count;
    const taken = this.#quotas.take(cost);
    return { at: now, cost, inFlight, before: earlier?.before ?? taken, ...this.#refusals.send(now) };
  }

  settle(sent: Sent, now: number, answer: Answer): Settled {
    const { cooldown, noise } = this.#refusals;
    sent.stretch.ended++;
    if (answer.kind === 'failed') {
      this.#flight.failed();
      if (answer.cost === 0) this.#unsent(sent);
      return { closed: cooldown.closed };
    }
    const accepted = answer.kind === 'accepted';
    const { quotas = [], cost = sent.cost, wait, elsewhere } = answer;
    noise.note(!accepted, sent.pace);
    if (cost !== sent.cost) this.#quotas.correct(cost - sent.cost);
    this.#flight.answered(sent.at, now, accepted, quotas.length > 0 || !this.#refusals.unlimited);
    const { roundTrip } = this.#flight;
    const isCertain = this.#known !== undefined;
    const answered = { cost, sentAt: sent.at, now, roundTrip, accepted, wait, isCertain };
    this.#quotas.settle(quotas, sent, answered, elsewhere);
    if (accepted) {
      this.#refusals.accepted(sent, now);
      return { closed: cooldown.closed };
    }
    const retryIn = Math.max(wait ?? 0, this.#refusals.refused(sent, now, wait));
    return { retryIn, closed: cooldown.closed };
  }

  #unsent({ at, cost, pace }: Sent): void {
    this.#quotas.giveBack(cost);
    this.#known?.giveBack(at);
    this.#refusals.limit.pace.giveBack(pace);
  }

  snapshot(now: number): Snapshot {
    const { cooldown, limit, noise } = this.#refusals;
    const quota = this.#quotas.usable ? this.#quotas.scarcest : undefined;
    const rate = quota ? quota.rate : limit.pace.rate(now);
    const opensIn = cooldown.opensIn(now);
    return {
      state: opensIn > 0 ? 'closed' : 'open',
      opensIn,
      rate: rate < Infinity ? rate * 1000 : undefined,
      burst: quota ? undefined : limit.burst,
      remaining: quota && Math.floor(quota.left),
      refusedShare: noise.share,
      why: quota ? 'the server reports its quota' : limit.why,
    };
  }

  /** The part of the delay that is never shortened: the wait for the configured limit. */
  certainDelay(now: number): number {
    return this.#known?.delay(now) ?? 0;
  }

  /**
   * Since when calls wait only because of a guess, such as a limit on requests in flight: since the gate opened, or since the configured
   * limit allowed the next call. Infinity if the gate is closed, or if the limit was measured or reported.
   */
  get guessesSince(): number {
    const { cooldown, limit } = this.#refusals;
    const isKnown = (limit.isMeasured && !this.#isFull) || this.#quotas.usable;
    return isKnown || cooldown.closed ? Infinity : Math.max(cooldown.until, this.#known?.next ?? -Infinity);
  }

  /** Whether as many requests are in flight as the server accepts at once. */
  get #isFull(): boolean {
    return this.#flight.count >= this.#refusals.concurrency.most;
  }
}
