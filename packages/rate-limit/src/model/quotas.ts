import { type HeardQuota, MOST_QUOTAS } from './answer.ts';
import { QuotaPacer } from './quota-pacer.ts';

/** After this many answers without its numbers a quota is forgotten. */
const MOST_SILENT = 20;
/** A quota that is heard of after more requests than this is tried before it is believed. */
const LATE = 20;

interface Told {
  readonly pacer: QuotaPacer;
  /** A quota of requests counts each call as one, whatever it costs. */
  readonly requests: boolean;
  silent: number;
}

/** What had been sent before a call: in cost, and in requests. */
export interface Before {
  readonly cost: number;
  readonly requests: number;
}

/** All quotas that the server tells of, by the name of the policy. The scarcest one paces. */
export class Quotas {
  readonly #told = new Map<string, Told>();
  #cost = 0;
  #requests = 0;

  /** Is there one that can be believed? Only if all can: the one that contradicts itself may be the one that counts. */
  get known(): boolean {
    return this.#told.size > 0 && this.all((pacer) => pacer.believed);
  }

  get scarcest(): QuotaPacer | undefined {
    let scarcest: QuotaPacer | undefined;
    for (const { pacer } of this.#told.values()) if (!scarcest || pacer.left < scarcest.left) scarcest = pacer;
    return scarcest;
  }

  all(test: (pacer: QuotaPacer) => boolean): boolean {
    return [...this.#told.values()].every(({ pacer }) => test(pacer));
  }

  delay(now: number, cost: number): number {
    let delay = 0;
    for (const { pacer, requests } of this.#told.values())
      delay = Math.max(delay, pacer.delay(now, requests ? 1 : cost));
    return delay;
  }

  advance(now: number, inFlight: number): void {
    for (const { pacer } of this.#told.values()) pacer.advance(now, inFlight);
  }

  take(cost: number): Before {
    const before = { cost: this.#cost, requests: this.#requests };
    this.#cost += cost;
    this.#requests++;
    for (const { pacer, requests } of this.#told.values()) pacer.take(requests ? 1 : cost);
    return before;
  }

  correct(difference: number): void {
    this.#cost += difference;
    for (const { pacer, requests } of this.#told.values()) if (!requests) pacer.correct(difference);
  }

  heard(
    quotas: readonly HeardQuota[],
    before: Before,
    cost: number,
    sentAt: number,
    now: number,
    roundTrip: number,
    accepted: boolean,
  ): void {
    this.#forget(quotas);
    for (const { pacer, requests } of this.#told.values())
      pacer.settled(requests ? before.requests : before.cost, accepted);
    for (const quota of quotas) {
      const told = this.#told.get(quota.name) ?? this.#add(quota, now);
      told.silent = 0;
      const { requests } = told;
      const heard = {
        before: requests ? before.requests : before.cost,
        cost: requests ? 1 : cost,
        sentAt,
        now,
        roundTrip,
        accepted,
      };
      told.pacer.heard(quota, heard);
    }
  }

  /** Refused although each quota had something left. */
  contradicted(quotas: readonly HeardQuota[]): void {
    if (quotas.some(({ remaining }) => remaining < 1)) return;
    for (const { pacer } of this.#told.values()) pacer.contradicted();
  }

  #add(quota: HeardQuota, now: number): Told {
    const requests = /request/i.test(quota.name);
    const pacer = new QuotaPacer(quota, requests ? this.#requests : this.#cost, now, this.#requests > LATE);
    const told = { pacer, requests, silent: 0 };
    if (this.#told.size >= MOST_QUOTAS) this.#told.delete(this.#told.keys().next().value!);
    this.#told.set(quota.name, told);
    return told;
  }

  #forget(quotas: readonly HeardQuota[]): void {
    for (const [name, told] of this.#told) {
      if (!quotas.some((quota) => quota.name === name) && ++told.silent > MOST_SILENT) this.#told.delete(name);
    }
  }
}
