import type { Quota } from './answer.ts';
import type { Sent } from './pacer.ts';
import { type Answered, QuotaPacer } from './quota-pacer.ts';

/** More policies than these are not looked at. */
export const MOST_POLICIES = 8;
/** A quota is forgotten after more answers than this without its numbers. */
const FORGOTTEN_AFTER_ANSWERS = 20;
/** A quota that appears after more requests than this is tested before it is used. */
const LATE_AFTER_REQUESTS = 20;

interface Policy {
  readonly pacer: QuotaPacer;
  /** What it counts: the cost of calls, or each call as one. */
  readonly unit: keyof Spent;
  /** When it was told first. */
  readonly since: number;
  silent: number;
  /** As accepted answers tell it. */
  limit: number | undefined;
}

/** What had been sent before a call, by cost and by number. */
export interface Spent {
  readonly cost: number;
  readonly requests: number;
}

/** All quotas in the answers of a server, by the name of the policy. The one with the longest wait paces. */
export class Quotas {
  readonly #policies = new Map<string | undefined, Policy>();
  #spent: Spent = { cost: 0, requests: 0 };

  /** Whether the quotas can be used. One that contradicts itself may be the one that counts, so all must be credible. */
  get known(): boolean {
    return this.#policies.size > 0 && [...this.#policies.values()].every(({ pacer }) => pacer.believed);
  }

  get scarcest(): QuotaPacer | undefined {
    let scarcest: QuotaPacer | undefined;
    for (const { pacer } of this.#policies.values()) if (!scarcest || pacer.left < scarcest.left) scarcest = pacer;
    return scarcest;
  }

  announce(waiting: number, time: number | undefined): void {
    for (const { pacer } of this.#policies.values()) pacer.announce(waiting, time);
  }

  delay(now: number, cost: number): number {
    let delay = 0;
    for (const { pacer, unit } of this.#policies.values())
      delay = Math.max(delay, pacer.delay(now, inUnit(unit, cost)));
    return delay;
  }

  advance(now: number, inFlight: number): void {
    for (const { pacer } of this.#policies.values()) pacer.advance(now, inFlight);
  }

  /** Counts a request that is sent. Returns what had been sent before it. */
  take(cost: number): Spent {
    const before = this.#spent;
    this.#spent = { cost: before.cost + cost, requests: before.requests + 1 };
    for (const { pacer, unit } of this.#policies.values()) pacer.take(inUnit(unit, cost));
    return before;
  }

  /** A request that was counted is not sent, or later. */
  giveBack(cost: number): void {
    const { cost: spent, requests } = this.#spent;
    this.#spent = { cost: spent - cost, requests: requests - 1 };
    for (const { pacer, unit } of this.#policies.values()) pacer.giveBack(inUnit(unit, cost));
  }

  /** The cost of a request that was sent turned out to be another one. */
  correct(difference: number): void {
    for (const { pacer, unit } of this.#policies.values()) if (unit === 'cost') pacer.correct(difference);
  }

  /** Learns from an answer. Where another server gave it (`elsewhere`), it cannot tell a quota: none counts as not told any more. */
  settle(quotas: readonly Quota[], sent: Sent, answered: Omit<Answered, 'before'>, elsewhere?: boolean): void {
    const { before } = sent;
    const { accepted } = answered;
    if (!elsewhere) this.#noteUntold(quotas, answered);
    for (const { pacer, unit } of this.#policies.values()) pacer.settleTry(before[unit], accepted);
    for (const quota of quotas) {
      const known = this.#policies.get(quota.name);
      // a quota that only refusals tell is a wait, as of another limit: no accepted answer would say when there is more
      if (!accepted && (!known || (quota.limit ?? known.limit) !== known.limit)) continue;
      const policy = known ?? this.#add(quota, answered.now);
      const { pacer, unit } = policy;
      policy.silent = 0;
      policy.limit = quota.limit ?? policy.limit;
      pacer.settle(quota, { ...answered, before: before[unit], cost: inUnit(unit, sent.cost) });
    }
    // a quota that is known, and of which less is left than the call costs, explains the refusal; not at a bucket that is
    // told alone and that nobody else uses, where what is sent at the told rate should be accepted
    const isAlone = this.#policies.size === 1;
    const explains = ({ name, remaining }: Quota) => {
      const known = this.#policies.get(name);
      if (isAlone && known?.pacer.isOwnBucket && answered.sentAt > known.since) return false;
      return known && remaining < Math.max(1, inUnit(known.unit, answered.cost));
    };
    if (accepted || quotas.some(explains)) return;
    for (const { pacer } of this.#policies.values()) pacer.distrust();
  }

  #add(quota: Quota, now: number): Policy {
    const unit = /request/i.test(quota.name ?? '') ? 'requests' : 'cost';
    const pacer = new QuotaPacer(quota, this.#spent[unit], now, this.#spent.requests > LATE_AFTER_REQUESTS);
    const policy: Policy = { pacer, unit, since: now, silent: 0, limit: quota.limit };
    if (this.#policies.size >= MOST_POLICIES) this.#policies.delete(this.#policies.keys().next().value!);
    this.#policies.set(quota.name, policy);
    return policy;
  }

  #noteUntold(quotas: readonly Quota[], { accepted, sentAt }: Omit<Answered, 'before'>): void {
    for (const [name, policy] of this.#policies) {
      if (quotas.some((quota) => quota.name === name)) continue;
      if (++policy.silent > FORGOTTEN_AFTER_ANSWERS) this.#policies.delete(name);
      else if (accepted) policy.pacer.untold(sentAt, policy.silent);
    }
  }
}

/** A cost in the unit of a policy. */
function inUnit(unit: keyof Spent, cost: number): number {
  return unit === 'requests' ? 1 : cost;
}
