import type { Random } from '@steadfetch/core';
import { Epoch } from './epoch.ts';
import { Flight } from './flight.ts';
import type { KnownLimit } from './known-limit.ts';
import { learn } from './learn.ts';
import { Pacer } from './pacer.ts';
import type { Permit, Quota, Verdict } from './permit.ts';
import { ToldPace } from './told-pace.ts';

/** The shortest time a gate stays closed, in milliseconds, and the longest one without a hint. */
const SHORTEST = 100;
const LONGEST = 30_000;
/** After this long without a request the next ones are a new burst. */
const PAUSE = 1_000;
/** After this many responses without numbers the last ones are forgotten. */
const MOST_UNTOLD = 20;

export interface ControllerOptions {
  random: Random;
  /** The limit that was given in advance. */
  known?: KnownLimit | undefined;
}

/**
 * Decides when the next request of a key may be sent. Time goes in with each question and decisions come out: no
 * timers, no fetch.
 */
export class Controller {
  readonly #random: Random;
  readonly #known: KnownLimit | undefined;
  readonly #flight = new Flight();
  #epoch = new Epoch();
  #number = 0;
  #sent = 0;
  #lastSent = -Infinity;
  #closedUntil: number | undefined;
  #strikes = 0;
  #pacer: Pacer | undefined;
  #paced = false;
  #probesAt = 0;
  #told: ToldPace | undefined;
  #untold = 0;
  #explained = false;

  constructor({ random, known }: ControllerOptions) {
    this.#random = random;
    this.#known = known;
  }

  /** When a closed gate opens; `undefined` while it is open. */
  get closedUntil(): number | undefined {
    return this.#closedUntil;
  }

  get inFlight(): number {
    return this.#flight.count;
  }

  /** The learned rate, in requests per second; `undefined` while no limit is known of. */
  get rate(): number | undefined {
    if (this.#told) return this.#told.refill * 1_000;
    return this.#paced && this.#pacer ? this.#pacer.stance.rate * 1_000 : undefined;
  }

  get remaining(): number | undefined {
    return this.#told?.remaining;
  }

  /** Milliseconds until the next request may be sent: 0 for now, `Infinity` for when one comes back. */
  wait(now: number): number {
    if (this.#closedUntil !== undefined) {
      if (now < this.#closedUntil) return this.#closedUntil - now;
      this.#reopen(now);
    }
    const known = this.#known?.wait(now) ?? 0;
    return known || this.#flight.wait(now) || this.#pace(now);
  }

  send(now: number): Permit {
    if (!this.#pacer && now - this.#lastSent > PAUSE) this.#epoch = new Epoch();
    this.#known?.take(now);
    this.#told?.take();
    this.#pacer?.take(now, this.#flight.rtt);
    if (this.#pacer?.stance.probing) this.#epoch.probe();
    if (this.#pacer?.outgrown) this.#forget();
    this.#epoch.send(now);
    this.#lastSent = now;
    return { at: now, index: this.#sent++, epoch: this.#number, flight: this.#flight.send(now) };
  }

  settle(permit: Permit, now: number, verdict: Verdict): void {
    if (verdict.kind === 'accepted') this.#accepted(permit, now);
    this.#flight.count--;
    if (verdict.kind === 'refused') this.#refused(permit, now, verdict.wait);
    if (verdict.kind !== 'failed') this.#report(verdict.quota, permit, now);
    if (verdict.kind === 'refused' && verdict.quota?.remaining === 0) this.#explained = true;
  }

  /** No other request before `until`. */
  close(until: number): void {
    this.#closedUntil = Math.max(this.#closedUntil ?? 0, until);
  }

  #pace(now: number): number {
    const told = this.#told?.wait(now, this.#flight.count);
    return told || (this.#paced && this.#pacer ? this.#pacer.wait(now) : 0);
  }

  #accepted(permit: Permit, now: number): void {
    this.#strikes = 0;
    if (permit.epoch === this.#number) this.#epoch.accept(permit);
    this.#flight.accepted(now - permit.at, now, now > this.#probesAt);
  }

  #refused(permit: Permit, now: number, wait: number | undefined): void {
    if (permit.epoch === this.#number) this.#epoch.refuse(permit);
    if (this.#closedUntil === undefined) this.close(now + this.#ownWait(wait));
    if (wait !== undefined) this.close(now + wait + this.#spread(wait));
  }

  #ownWait(wait: number | undefined): number {
    const base = Math.max(SHORTEST, 1.5 * this.#flight.rtt) * (1 + 0.2 * this.#random());
    return wait === undefined ? Math.min(LONGEST, base * 2 ** this.#strikes++) : base;
  }

  /** Upwards only. The first millisecond covers a clock that counts whole ones. */
  #spread(wait: number): number {
    return 1 + this.#random() * Math.min(25, wait * 0.02);
  }

  /** Numbers that are no longer sent no longer hold. */
  #report(quota: Quota | undefined, permit: Permit, now: number): void {
    this.#untold = quota ? 0 : this.#untold + 1;
    if (this.#untold > MOST_UNTOLD) this.#told = undefined;
    if (!quota) return;
    if (quota.remaining === 0 && quota.reset) this.close(now + quota.reset + this.#spread(quota.reset));
    if (this.#told) this.#told.report(quota, permit, now);
    else this.#told = new ToldPace(quota, permit, now);
  }

  #reopen(now: number): void {
    this.#closedUntil = undefined;
    this.#number++;
    const epoch = this.#epoch;
    this.#epoch = new Epoch();
    const explained = this.#explained;
    this.#explained = false;
    if (epoch.refused === 0 || explained) return this.#flight.restart(now, 0);
    const concurrent = this.#flight.reopen(epoch);
    const belief = this.#pacer?.belief;
    if (belief && epoch.accepted === 0) return this.#flight.restart(now, 0);
    const stance = this.#pacer?.stance ?? { rate: 0, probing: false };
    const closure = now - epoch.lastRefused;
    this.#pacer = new Pacer(learn(epoch, { belief, stance, closure, rtt: this.#flight.rtt }), now);
    const { measured, rate, patience } = this.#pacer.belief;
    this.#paced = !concurrent;
    this.#probesAt = now + Math.max(patience, concurrent ? 30 * closure : 0);
    this.#flight.restart(now, measured ? 2 * rate * this.#flight.rtt : 0);
  }

  #forget(): void {
    this.#pacer = undefined;
    this.#paced = false;
    this.#flight.forget();
    this.#epoch = new Epoch();
  }
}
