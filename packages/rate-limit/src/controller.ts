import type { Random } from '@steadfetch/core';
import { Closing } from './closing.ts';
import { Epoch } from './epoch.ts';
import { Flight } from './flight.ts';
import type { KnownLimit } from './known-limit.ts';
import { Learned } from './learned.ts';
import type { Permit, Verdict } from './permit.ts';
import { Told } from './told.ts';

/** After this long without a request the next ones are a new burst. */
const PAUSE = 1_000;

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
  readonly #closing: Closing;
  readonly #known: KnownLimit | undefined;
  readonly #flight: Flight;
  readonly #told = new Told();
  readonly #learned = new Learned();
  #epoch = new Epoch();
  #number = 0;
  #sent = 0;
  #lastSent = -Infinity;
  /** The refusals of this epoch were to be expected from what the server says. */
  #explained = false;

  constructor({ random, known }: ControllerOptions) {
    this.#closing = new Closing(random);
    this.#flight = new Flight(known === undefined);
    this.#known = known;
  }

  /** When a closed gate opens; `undefined` while it is open. */
  get closedUntil(): number | undefined {
    return this.#closing.until;
  }

  get inFlight(): number {
    return this.#flight.count;
  }

  /** The learned rate, in requests per second; `undefined` while no limit is known of. */
  get rate(): number | undefined {
    const rate = this.#told.refill || this.#learned.rate;
    return rate === undefined ? undefined : rate * 1_000;
  }

  get remaining(): number | undefined {
    return this.#told.remaining;
  }

  /** Milliseconds until the next request may be sent: 0 for now, `Infinity` for when one comes back. */
  wait(now: number): number {
    const { until } = this.#closing;
    if (until !== undefined && now < until) return until - now;
    if (until !== undefined) this.#reopen(now);
    const known = this.#known?.wait(now) ?? 0;
    if (known > 0) return known;
    return this.#flight.wait(now) || this.#told.wait(now, this.inFlight) || this.#learned.wait(now);
  }

  send(now: number): Permit {
    if (!this.#learned.belief && now - this.#lastSent > PAUSE) this.#epoch = new Epoch();
    this.#known?.take(now);
    this.#told.take();
    this.#learned.take(now, this.#flight.rtt);
    if (this.#learned.isOutgrown) this.#forget();
    this.#epoch.send(now);
    this.#lastSent = now;
    return { at: now, index: this.#sent++, epoch: this.#number, flight: this.#flight.send(now) };
  }

  settle(permit: Permit, now: number, verdict: Verdict): void {
    if (verdict.kind === 'accepted') this.#accepted(permit, now);
    this.#flight.count--;
    if (verdict.kind === 'refused') {
      if (permit.epoch === this.#number) this.#epoch.refuse(permit);
      this.#closing.refuse(now, verdict.wait, this.#flight.rtt);
    }
    if (verdict.kind === 'failed') return;
    const { quota } = verdict;
    this.#told.report(quota, permit, now);
    if (quota?.remaining !== 0) return;
    if (quota.reset) this.#closing.ask(now, quota.reset);
    if (verdict.kind === 'refused') this.#explained = true;
  }

  #accepted(permit: Permit, now: number): void {
    this.#closing.accept();
    if (permit.epoch === this.#number) this.#epoch.accept(permit);
    this.#flight.accepted(now - permit.at, now, this.#learned.mayProbe(now));
  }

  #reopen(now: number): void {
    const [epoch, explained] = [this.#epoch, this.#explained];
    this.#closing.open();
    this.#number++;
    this.#epoch = new Epoch();
    this.#explained = false;
    const saysNothing = epoch.refused === 0 || explained || (this.#learned.belief && epoch.accepted === 0);
    const { rtt } = this.#flight;
    if (!saysNothing) this.#learned.learn(epoch, { now, rtt, concurrent: this.#flight.reopen(epoch) });
    this.#flight.restart(now, this.#learned.inFlight(rtt));
  }

  #forget(): void {
    this.#learned.forget();
    this.#flight.forget();
    this.#epoch = new Epoch();
  }
}
