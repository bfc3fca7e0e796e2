import { Concurrency } from './concurrency.ts';
import { Cooldown } from './cooldown.ts';
import type { Flight } from './flight.ts';
import { History } from './history.ts';
import { Limit } from './limit.ts';
import { Noise } from './noise.ts';
import type { PacerOptions, Sent } from './pacer.ts';
import type { Quotas } from './quotas.ts';
import { Sample } from './sample.ts';
import { Stretch } from './stretch.ts';

/** After this time without a call, a server that has refused nothing may have a full bucket again, in milliseconds. */
const FULL_AFTER_MS = 1_000;

/**
 * Decides what refusals mean: whether one closes the gate for all calls, when the gate opens again, and which limit is learned then.
 * Accepted requests are the evidence against a limit.
 */
export class Refusals {
  readonly limit: Limit;
  readonly cooldown: Cooldown;
  readonly concurrency: Concurrency = new Concurrency();
  readonly noise: Noise = new Noise();
  readonly #sample: Sample = new Sample();
  readonly #needsProof: boolean;
  readonly #flight: Flight;
  readonly #quotas: Quotas;
  #stretch: Stretch = new Stretch();
  /** The pace when the gate closed. */
  #paceAtClosing = { pace: Infinity, rising: false };
  #loneRefusals = 0;
  #lastSent = -Infinity;

  constructor({ random, needsProof = false }: PacerOptions, flight: Flight, quotas: Quotas) {
    this.limit = new Limit(random);
    this.cooldown = new Cooldown(random);
    this.#needsProof = needsProof;
    this.#flight = flight;
    this.#quotas = quotas;
  }

  /** Whether no limit is known, neither from quota fields nor from refusals. */
  get unlimited(): boolean {
    return this.limit.pace.mode === 'free' && !this.#quotas.usable;
  }

  /** Opens the gate if its cooldown is over. */
  advance(now: number): void {
    if (this.cooldown.advance(now)) this.#open(now);
  }

  /** Milliseconds until the gate opens or a probe may be sent. */
  closedFor(now: number): number {
    return this.cooldown.delay(now, this.#isProbed ? this.#lastSent : undefined);
  }

  /** Whether one more request may be sent as a part of a sample, although the gate is closed. */
  wantsSample(now: number): boolean {
    return this.#sample.wants(now);
  }

  send(now: number): Pick<Sent, 'stretch' | 'pace' | 'ahead'> {
    const { pace } = this.limit;
    const { closed } = this.cooldown;
    const isIdle = now - this.#lastSent > FULL_AFTER_MS;
    if (isIdle && pace.mode === 'free' && !closed && this.#loneRefusals === 0) {
      this.limit.history = new History();
      this.#stretch = new Stretch(now);
    }
    this.#lastSent = now;
    this.#sample.sent(now);
    const rate = pace.rate(now);
    const ahead = !closed && pace.delay(now) > 0;
    pace.take(now);
    this.#stretch.send(now);
    return { stretch: this.#stretch, pace: rate, ahead };
  }

  accepted(sent: Sent, now: number): void {
    this.cooldown.accepted();
    this.limit.accept(now, now - sent.at);
    this.concurrency.accepted(this.#flight.count + 1, now, sent.stretch === this.#stretch ? sent.inFlight : 0);
    if (this.#sample.has(sent.at)) {
      if (this.#sample.answered(false, sent.at)) this.#searchAnew(now);
      return;
    }
    if (sent.stretch === this.#stretch) this.#stretch.accept(now, sent.at, sent.inFlight);
    if (sent.ahead) this.limit.outpaced(this.#stretch, now);
    if (this.#isProbe(sent) && this.cooldown.probeAccepted(sent.at, this.noise.share)) {
      this.cooldown.end(now);
      this.advance(now);
    } else if (this.#contradicts(sent)) {
      this.cooldown.reopen(now);
      this.#stretch.dismiss();
      this.noise.dismiss();
    }
  }

  /** Learns from a refused request; `asked` is the wait that the server asked for. Returns after how long it may be sent again. */
  refused(sent: Sent, now: number, asked: number | undefined): number {
    const { roundTrip } = this.#flight;
    const { closed } = this.cooldown;
    const isSample = this.#sample.has(sent.at);
    if (isSample) this.#sample.answered(true, sent.at);
    else if (this.#isProbe(sent)) this.cooldown.probeRefused(sent.at);
    if (!isSample && sent.stretch === this.#stretch) this.#stretch.refuse(now, sent);
    if (closed || (!isSample && this.#concernsOthers(asked))) {
      if (!closed) this.#beforeClosing(sent, now);
      this.cooldown.close(now, asked, roundTrip);
    } else if (!isSample) this.noise.watch();
    return Math.max(this.cooldown.opensIn(now), 100, roundTrip);
  }

  /** A sample has proven that refusals do not depend on the pace. Opens the gate, and raises the pace until more than usual is refused. */
  #searchAnew(now: number): void {
    const { pace } = this.#sample;
    this.noise.tested(pace);
    this.cooldown.reopen(now);
    this.limit.ignore(pace, now);
    this.#stretch = new Stretch(now);
  }

  /** Whether an acceptance shows that the refusals concern only some calls. */
  #contradicts(sent: Sent): boolean {
    return this.#isProbe(sent) || (this.cooldown.closed && this.unlimited && this.#stretch.outvoted);
  }

  #isProbe({ at }: Sent): boolean {
    return this.#isProbed && this.cooldown.isProbe(at);
  }

  /** Whether a long cooldown is probed: the refusals may concern only some calls. */
  get #isProbed(): boolean {
    const { acceptedAfter, refused } = this.#stretch;
    return this.#needsProof || acceptedAfter >= refused;
  }

  /** Whether a refusal closes the gate for all calls. */
  #concernsOthers(asked: number | undefined): boolean {
    const isUnproven = this.#needsProof || this.noise.patient || (this.unlimited && asked === undefined);
    return !isUnproven || this.noise.proven;
  }

  #beforeClosing(sent: Sent, now: number): void {
    const { pace } = this.limit;
    this.#paceAtClosing = { pace: pace.rate(now), rising: pace.isRising(now) };
    if (this.noise.patient || this.#quotas.usable) return;
    const { accepted, length } = this.#stretch;
    const used = Math.min(pace.rate(now), (1.2 * (accepted + 1)) / length);
    this.#sample.closed(now, sent.at, used, this.#flight.roundTrip);
  }

  #open(now: number): void {
    const stretch = this.#stretch;
    // only requests from before the last opening were refused: the limit of that time explains it, so there is nothing to learn
    if (stretch.refused === 0) {
      this.limit.keepPace(now);
      return;
    }
    this.#stretch = new Stretch(now);
    stretch.close();
    const isAllRefused = this.unlimited && this.cooldown.hasRefusedProbes;
    const isReleasing = this.limit.pace.base < Infinity; // the queue of the last cooldown
    if (isAllRefused && !isReleasing && this.limit.resume(now)) return;
    if (this.#quotas.usable || this.concurrency.learn(stretch, now)) return;
    // during a release, the server may have refused because of too many requests in flight, so that is learned first
    if (isAllRefused && isReleasing && this.limit.resume(now)) return;
    this.#learn(stretch, now);
  }

  #learn(stretch: Stretch, now: number): void {
    if (this.limit.pace.mode === 'free' && stretch.lone) this.#learnLone(stretch, now);
    else {
      const past = { ...this.#paceAtClosing, lasted: this.cooldown.length, usualPace: this.noise.closed(stretch) };
      this.limit.learn(stretch, past, now);
    }
  }

  /** One request alone was refused. The first time this is only noted; from the second time on it is noise. */
  #learnLone(stretch: Stretch, now: number): void {
    if (this.#loneRefusals++ === 0) this.limit.noteLone(stretch, now);
    else {
      this.noise.dismiss();
      this.limit.release(now);
    }
  }
}
