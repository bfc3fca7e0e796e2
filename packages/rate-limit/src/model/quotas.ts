import type { Quota } from './answer.ts';
import type { Sent } from './pacer.ts';
import { type Answered, QuotaPacer } from './quota-pacer.ts';

/** Policies of one answer beyond this number are ignored. If different answers report more, the oldest policy is forgotten. */
export const MOST_POLICIES = 8;
/** A quota is forgotten if more answers in a row than this leave it out. */
const FORGOTTEN_AFTER_ANSWERS = 20;
/** A quota that is first reported after more requests than this is tested before it is used. */
const LATE_AFTER_REQUESTS = 20;

interface Policy {
  readonly pacer: QuotaPacer;
  /** What the policy counts: the cost of calls, or each call as one. */
  readonly unit: keyof Spent;
  /** When the policy was first reported. */
  readonly since: number;
  /** How many answers in a row left the policy out. */
  omissions: number;
  /** The limit that accepted answers report. */
  limit: number | undefined;
}

/** What had been sent before a call, by cost and by number. */
export interface Spent {
  readonly cost: number;
  readonly requests: number;
}

/** All quotas that a server reports, by the name of the policy. The one with the longest wait decides. */
export class Quotas {
  readonly #policies = new Map<string | undefined, Policy>();
  #spent: Spent = { cost: 0, requests: 0 };

  /** Whether there are quotas to use. All must be trusted, since the one that counts may be the one that contradicts itself. */
  get usable(): boolean {
    return this.#policies.size > 0 && [...this.#policies.values()].every(({ pacer }) => pacer.trusted);
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

  /** Uncounts a request that is not sent, or is sent later. */
  giveBack(cost: number): void {
    const { cost: spent, requests } = this.#spent;
    this.#spent = { cost: spent - cost, requests: requests - 1 };
    for (const { pacer, unit } of this.#policies.values()) pacer.giveBack(inUnit(unit, cost));
  }

  /** A request cost more or less than it was sent with. */
  correct(difference: number): void {
    for (const { pacer, unit } of this.#policies.values()) if (unit === 'cost') pacer.correct(difference);
  }

  /** Learns from an answer. If another server gave it (`elsewhere`), it cannot report the quotas, so none counts as left out. */
  settle(quotas: readonly Quota[], sent: Sent, answered: Omit<Answered, 'before'>, elsewhere?: boolean): void {
    const { before } = sent;
    const { accepted } = answered;
    if (!elsewhere) this.#noteOmissions(quotas, answered);
    for (const { pacer, unit } of this.#policies.values()) pacer.settleTrial(before[unit], accepted);
    for (const quota of quotas) {
      const known = this.#policies.get(quota.name);
      // a quota that only refusals report is a wait, as of another limit: no accepted answer would say when more is left
      if (!accepted && (!known || (quota.limit ?? known.limit) !== known.limit)) continue;
      const policy = known ?? this.#add(quota, answered.now);
      const { pacer, unit } = policy;
      policy.omissions = 0;
      policy.limit = quota.limit ?? policy.limit;
      pacer.settle(quota, { ...answered, before: before[unit], cost: inUnit(unit, sent.cost) });
    }
    // a known quota explains the refusal if less is left than the call costs. But a bucket that is the only quota, and not shared,
    // does not: it should accept what is sent at the reported rate
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
    const policy: Policy = { pacer, unit, since: now, omissions: 0, limit: quota.limit };
    if (this.#policies.size >= MOST_POLICIES) this.#policies.delete(this.#policies.keys().next().value!);
    this.#policies.set(quota.name, policy);
    return policy;
  }

  #noteOmissions(quotas: readonly Quota[], { accepted, sentAt }: Omit<Answered, 'before'>): void {
    for (const [name, policy] of this.#policies) {
      if (quotas.some((quota) => quota.name === name)) continue;
      if (++policy.omissions > FORGOTTEN_AFTER_ANSWERS) this.#policies.delete(name);
      else if (accepted) policy.pacer.omitted(sentAt, policy.omissions);
    }
  }
}

function inUnit(unit: keyof Spent, cost: number): number {
  return unit === 'requests' ? 1 : cost;
}
