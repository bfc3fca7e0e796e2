import type { Gate, Permit } from './gate.ts';
import type { Answer, Quota, Settled } from './model/model.ts';

/** Refusals that are further apart have nothing to do with each other, in milliseconds. */
const MEMORY = 60_000;
/** So many acceptances of others per refusal contradict one common limit. */
const CONTRADICTED = 8;
/** Refused so often again, after a wait each time and with no other answer in between, it is the only one. */
const ALONE = 2;
/** Were the limit a common one, the same gate would be refused again and again with no more than this probability. */
const UNLIKELY = 0.02;
/** So many quotas in a row of other gates, each with less left than the one before, are one quota. */
const IN_A_ROW = 4;
/** As many of the last requests to an origin are looked at, none older than `MEMORY`. */
const LAST = 64;
/** Refused so often since it was last accepted, a kind of request is suspect. */
const OFTEN = 2;
/** Of the others, so many must be refused before all are held to be limited. */
const SHARE = 0.25;

/** What an answer did: to which gate it speaks, and what became of that. */
export interface Heard extends Settled {
  readonly gate: Gate;
}

const ACCEPTED: Answer = { kind: 'accepted' };
const FAILED: Answer = { kind: 'failed' };

/**
 * Tells an answer to the gates that it speaks to. A refusal speaks to the narrowest gate, until the evidence says that a
 * wider one is limited; what was accepted, to all of them.
 */
export function settle(permit: Permit, leaf: Gate, now: number, answer: Answer, policy?: string): Heard {
  if (answer.kind === 'accepted') accepted(leaf, answer, now);
  let gate = leaf.inForce;
  let { wait } = answer;
  if (answer.kind === 'refused') ({ gate, wait } = blame(leaf, wait, { sentAt: permit.sent.at, now, policy }));
  const told = wait === answer.wait || wait === undefined ? answer : { ...answer, wait };
  let settled: Settled | undefined;
  for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
    if (counted.gate === gate && counted.pacer === gate.pacer) settled = hear(counted, now, told);
    else hear(counted, now, answer.kind === 'accepted' ? ACCEPTED : FAILED);
  }
  if (!settled && answer.kind === 'refused') {
    const { pacer } = gate;
    pacer.advance(now);
    settled = pacer.settle(pacer.send(now, permit.sent.cost), now, told);
  }
  return { gate, closed: false, ...settled };
}

function accepted(leaf: Gate, { quotas }: Answer, now: number): void {
  for (let child = leaf; child.parent; child = child.parent) {
    const { parent } = child;
    if (quotas && parent.children.size > 1) parent.evidence ??= new Evidence();
    const isShared = parent.evidence?.accepted(child, quotas?.[0]);
    if (isShared && !parent.wide) widen(parent, [], now, undefined);
  }
}

/** The gate that a refusal speaks to; widens and narrows. */
function blame(leaf: Gate, asked: number | undefined, refused: Refused): { gate: Gate; wait: number | undefined } {
  let wait = asked;
  for (let child = leaf; child.parent; child = child.parent) {
    const { parent } = child;
    parent.evidence ??= new Evidence();
    const verdict = parent.evidence.refused(child, parent.wide, refused);
    if (verdict.wide && !parent.wide) wait = widen(parent, verdict.refused, refused.now, wait);
    if (!verdict.wide && parent.wide) narrow(parent, leaf);
    if (!parent.wide && parent.children.size > 1) break;
  }
  return { gate: leaf.inForce, wait };
}

/** What was refused below it keeps the time that it was told. */
function widen(gate: Gate, refused: readonly Gate[], now: number, wait: number | undefined): number | undefined {
  gate.wide = true;
  const told = refused.map((child) => child.wait(now)).filter((delay) => delay > 0 && delay < Infinity);
  for (const child of descendants(gate)) child.dissolve();
  for (const child of refused) child.forget();
  return wait === undefined && told.length === 0 ? undefined : Math.max(wait ?? 0, ...told);
}

/** The refused one keeps what was learned of all: it was most of it. */
function narrow(gate: Gate, leaf: Gate): void {
  const counts = gate.inForce === gate;
  gate.wide = false;
  if (counts) leaf.inForce.inherit(gate);
  gate.forget();
  gate.dissolve();
}

function* descendants(gate: Gate): Generator<Gate> {
  for (const child of gate.children.values()) {
    yield child;
    yield* descendants(child);
  }
}

/** Records the answer to a request. */
export function hear({ pacer, sent }: Permit, now: number, answer: Answer): Settled {
  pacer.advance(now);
  return pacer.settle(sent, now, answer);
}

/** A refusal of a request that was sent at a time. */
export interface Refused {
  readonly sentAt: number;
  readonly now: number;
  readonly policy: string | undefined;
}

/**
 * Whether the gates below one have a limit in common. Two of them that are refused in succession say so; so do three,
 * if few others are accepted in between; and so does a quota that each answer leaves with less, whichever gate it is for.
 * One that is refused again while others are accepted says the opposite.
 */
export class Evidence {
  #last: Gate | undefined;
  #policy: string | undefined;
  /** How often the gate that was refused last was accepted since, and how often the others. */
  #own = 0;
  #others = 0;
  /** How often it was refused again by itself, and how probable that is if all have one limit. */
  #again = 0;
  #chance = 1;
  readonly #refused = new Set<Gate>();
  #at = 0;
  #quota: Quota | undefined;
  #quotaOf: Gate | undefined;
  #inARow = 0;

  /** Returns whether what is left of a quota says that one gate should stand for all of them. */
  accepted(child: Gate, quota: Quota | undefined): boolean {
    if (child === this.#last) this.#own++;
    else this.#others++;
    const before = this.#quota;
    if (quota === undefined || before === undefined || child === this.#quotaOf) {
      if (quota) [this.#quota, this.#quotaOf] = [quota, child];
      return false;
    }
    const isSame = quota.name === before.name && quota.limit === before.limit;
    this.#inARow = isSame && quota.remaining! < before.remaining! ? this.#inARow + 1 : 0;
    [this.#quota, this.#quotaOf] = [quota, child];
    return this.#inARow >= IN_A_ROW;
  }

  /** Returns whether one gate should stand for all of them, and the ones that were refused. */
  refused(child: Gate, wide: boolean, { sentAt, now, policy }: Refused): { wide: boolean; refused: Gate[] } {
    const isOther = policy !== this.#policy && policy !== undefined && this.#policy !== undefined;
    if (isOther || now - this.#at > MEMORY) this.#refused.clear();
    if (child !== this.#last) [this.#again, this.#chance] = [0, 1];
    else if (sentAt > this.#at) {
      this.#again++;
      this.#chance *= (this.#own + 1) / (this.#own + this.#others + 2);
    }
    const judged = this.#judge(child, wide);
    const refused = [...this.#refused];
    this.#refused.add(child);
    [this.#last, this.#policy, this.#at] = [child, policy, now];
    this.#own = this.#others = 0;
    return { wide: judged, refused };
  }

  #judge(child: Gate, wide: boolean): boolean {
    if (this.#refused.size === 0) return wide;
    if (this.#last === child) {
      this.#refused.clear();
      const isAlone = this.#own + this.#others === 0 && this.#again >= ALONE;
      return wide && !isAlone && this.#chance >= UNLIKELY;
    }
    return wide || this.#others === 0 || (this.#refused.size > 1 && this.#others < CONTRADICTED);
  }
}

/** A request that was sent, and what became of it; `undefined`: nothing yet, or nothing about a limit. */
export interface Sighting {
  readonly kind: number;
  readonly at: number;
  isRefused: boolean | undefined;
}

/**
 * Tells requests that are always refused from a limit that all have in common. A kind of request (its method and whole path)
 * that is refused each time, while hardly one of the others is, speaks for itself alone. Those that are not answered yet
 * count as accepted: refusals are often faster.
 */
export class Suspects {
  /** The last requests. A suspect kind takes no place here: its repetitions would crowd out the others. */
  readonly #last: Sighting[] = [];
  #next = 0;
  /** How often each kind was refused since it was last accepted. */
  readonly #refusals = new Map<number, number>();

  sent(kind: number, now: number): Sighting {
    const sighting: Sighting = { kind, at: now, isRefused: undefined };
    if (this.#isSuspect(kind)) return sighting;
    this.#last[this.#next] = sighting;
    this.#next = (this.#next + 1) % LAST;
    return sighting;
  }

  /** Hears what became of a request. Returns whether it was a refusal that says nothing about the others. */
  heard(sighting: Sighting, isRefused: boolean, now: number): boolean {
    const { kind } = sighting;
    sighting.isRefused = isRefused;
    const refusals = isRefused ? (this.#refusals.get(kind) ?? 0) + 1 : 0;
    this.#refusals.delete(kind);
    if (!isRefused) return false;
    this.#refusals.set(kind, refusals);
    if (this.#refusals.size > LAST) this.#refusals.delete(this.#refusals.keys().next().value!);
    return refusals >= OFTEN && this.#areOthersAccepted(now);
  }

  clear(): void {
    this.#last.length = this.#next = 0;
    this.#refusals.clear();
  }

  #isSuspect(kind: number): boolean {
    return (this.#refusals.get(kind) ?? 0) >= OFTEN;
  }

  #areOthersAccepted(now: number): boolean {
    const others = this.#last.filter(({ kind, at }) => now - at <= MEMORY && !this.#isSuspect(kind));
    return others.filter(({ isRefused }) => isRefused).length < SHARE * others.length;
  }
}
