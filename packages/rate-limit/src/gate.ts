import type { Clock, LastAnswer } from '@steadfetch/core';
import type { Answer } from './model/model.ts';
import { type Evidence, Suspects } from './scope.ts';
import type { Pacing, Sending } from './store.ts';
import { type Door, type Visit, WaitingLine } from './waiting-line.ts';

/** The right to send one request, counted at its gate and at the wider ones that watch. */
export interface Permit {
  readonly gate: Gate;
  readonly pacer: Pacing;
  sent: Sending;
  readonly wider: Permit | undefined;
}

export interface GateOptions {
  readonly clock: Clock;
  readonly now: () => number;
  readonly createPacer: (key: string, wake: () => void) => Pacing;
  readonly limit: { readonly requests: number; readonly per: number } | undefined;
  /** Whether a refusal must be proven to speak for others. */
  readonly proof: 'direct' | 'first';
  readonly onOpen: (gate: Gate) => void;
  readonly tooLong: (visit: Visit, gate: Gate, wait: number) => Error;
}

/** How much one answer counts in the share of busy ones, from which share on they count as a limit, and for how long. */
const BUSY = { weight: 0.125, share: 0.8, memory: 60_000 };
/** After so long without a request an open gate lets a call out rather than send it away, in milliseconds. */
const SILENCE = 5_000;
/** How long calls that passed may wait behind the gate before they hold up the others of a known limit. */
const UNSENT = 20;

/** What calls of one kind pass: a model of their limit, and the line of those that wait. */
export class Gate implements Door {
  readonly key: string;
  readonly parent: Gate | undefined;
  /** Its name below its parent. */
  readonly name: string;
  readonly children: Map<string, Gate> = new Map();
  /** It stands for all gates below it. */
  wide = false;
  /** What the answers say about the gates below it. */
  evidence: Evidence | undefined;
  /** The last requests to the origin; `undefined` where no proof is asked for. */
  readonly suspects: Suspects | undefined;
  inFlight = 0;
  /** It is the narrowest one of some calls. */
  isLeaf = false;
  /** How many calls belong to it, from their beginning to their end. */
  users = 0;
  lastAnswer: LastAnswer | undefined;
  /** Until when the server asked for silence, which may be longer than the gate is closed. */
  #askedUntil = 0;
  readonly #options: GateOptions;
  #pacer: Pacing | undefined;
  readonly #line: WaitingLine;
  /** The share of the last answers that refused without proof that it is about the rate: 503 with a wait. */
  #busyShare = 0;
  #provenUntil = -Infinity;
  #reads = 0;
  #hasQuotas = false;
  #wasClosed = false;
  #lastSent = -Infinity;
  /** Calls that passed and are not sent yet, and since when. */
  #unsent = 0;
  #unsentSince = 0;

  constructor(key: string, parent: Gate | undefined, name: string, options: GateOptions) {
    this.key = key;
    this.parent = parent;
    this.name = name;
    this.#options = options;
    this.suspects = parent ? parent.suspects : options.proof === 'first' ? new Suspects() : undefined;
    this.#line = new WaitingLine(this, options.clock, options.now);
  }

  get pacer(): Pacing {
    this.#pacer ??= this.#options.createPacer(this.key, () => this.#line.schedule());
    return this.#pacer;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** What would be lost with it: 0 nothing, 1 a count that calls may yet run into, 2 that calls are held back. */
  holds(now: number): 0 | 1 | 2 {
    if (now < this.#askedUntil || this.wait(now) > 0) return 2;
    return now < this.#lastSent + (this.#options.limit?.per ?? 0) ? 1 : 0;
  }

  /** Forgets what was learned. */
  forget(): void {
    this.#pacer = undefined;
    this.#wasClosed = false;
    this.#askedUntil = 0;
    this.#busyShare = 0;
    this.#provenUntil = -Infinity;
    this.lastAnswer = undefined;
    this.#line.schedule();
  }

  /** Takes over what another gate has learned. */
  inherit(other: Gate): void {
    this.#pacer = other.#pacer;
    this.#wasClosed = other.#wasClosed;
    this.#askedUntil = other.#askedUntil;
  }

  /** Forgets also that it stands for others. */
  reset(): void {
    this.evidence = undefined;
    this.suspects?.clear();
    this.wide = false;
    this.dissolve();
    this.forget();
  }

  /** Milliseconds until the next call may go: 0 for now, `Infinity` if only an answer can tell. */
  delay(now: number, cost?: number): number {
    if (this.#options.limit && this.#unsent > 0 && now - this.#unsentSince > UNSENT) return Infinity;
    this.pacer.advance(now);
    return this.pacer.delay(now, cost);
  }

  /** Milliseconds until it lets more than a probe out. */
  wait(now: number): number {
    return Math.max(this.delay(now), this.pacer.snapshot(now).opensIn);
  }

  /** Milliseconds that a call that came now would have to wait at least. */
  estimate(now: number): number {
    const { requests, per } = this.#options.limit ?? { requests: 1, per: 0 };
    const wait = this.knownWait(now, this.delay(now));
    return wait > 0 ? wait + Math.floor(this.waiting / requests) * per : 0;
  }

  knownWait(now: number, wait: number): number {
    if (wait <= 0) return 0;
    const { opensIn, remaining } = this.pacer.snapshot(now);
    if (opensIn > 0) return Math.max(opensIn, this.#askedUntil - now);
    return wait < Infinity && (this.#options.limit || remaining === 0) ? wait : 0;
  }

  mayProbe(now: number): boolean {
    if (this.#options.limit || this.inFlight > 0 || now - this.#lastSent < SILENCE) return false;
    const { opensIn, remaining } = this.pacer.snapshot(now);
    return opensIn <= 0 && remaining !== 0;
  }

  /** The gate in whose queue the calls of this one wait. */
  get inForce(): Gate {
    let found: Gate = this;
    for (let { parent } = this as Gate; parent; parent = parent.parent) if (parent.wide) found = parent;
    return found;
  }

  /** Leave to send now, if nobody waits and nothing is in the way. */
  tryEnter(visit: Visit, now: number): Permit | undefined {
    return this.waiting === 0 && visit.notBefore <= now && this.delay(now, visit.cost) <= 0
      ? this.admit(visit, now)
      : undefined;
  }

  join(visit: Visit): void {
    this.#line.join(visit);
  }

  /** Sends all that wait to the gates that are now in force for them. */
  dissolve(): void {
    for (const visit of [...this.#line.clear()]) visit.leaf.inForce.join(visit);
  }

  /** Remembers that it is closed, and for how long the server asked. Returns whether it was open before. */
  closed(until: number): boolean {
    const wasOpen = !this.#wasClosed;
    this.#wasClosed = true;
    this.#askedUntil = Math.max(this.#askedUntil, until);
    return wasOpen;
  }

  /** Counts a response. Returns whether it is to be searched for quotas: the first few, then some, or all where they are used. */
  countRead(): boolean {
    return this.#reads++ < 8 || this.#reads % 128 === 0 || this.#hasQuotas;
  }

  /**
   * Counts an answer. Returns whether it says something about a limit: of those that may as well come from a failing
   * server only a share does.
   */
  record({ kind, quotas }: Answer, isDoubtful: boolean, now: number): boolean {
    if (quotas) this.#hasQuotas = true;
    if (kind === 'accepted') this.#askedUntil = 0;
    if (kind === 'failed') return true;
    this.#busyShare += ((isDoubtful ? 1 : 0) - this.#busyShare) * BUSY.weight;
    if (this.#busyShare >= BUSY.share) this.#provenUntil = now + BUSY.memory;
    return !isDoubtful || now < this.#provenUntil;
  }

  /** A request has come back. */
  returned(): void {
    this.inFlight--;
    this.#line.schedule();
  }

  /** A call that passed is handed to the network. */
  sent(): void {
    if (--this.#unsent === 0 && this.#options.limit) this.#line.schedule();
  }

  tooLong(visit: Visit, wait: number): Error {
    return this.#options.tooLong(visit, this, wait);
  }

  /** Leave to send, counted here and at the wider gates that watch. */
  admit({ cost }: Visit, now: number): Permit {
    const permit = this.#count(now, cost, this)!;
    this.#lastSent = now;
    if (this.#unsent++ === 0) this.#unsentSince = now;
    if (this.#wasClosed) {
      this.#wasClosed = false;
      this.#options.onOpen(this);
    }
    this.inFlight++;
    return permit;
  }

  /** A wider gate that could have to stand for this one counts too. */
  #count(now: number, cost: number, gate: Gate | undefined): Permit | undefined {
    if (!gate) return undefined;
    const wider = this.#count(now, cost, gate.parent);
    if (gate !== this && gate.children.size < 2) return wider;
    const { pacer } = gate;
    if (gate !== this) pacer.advance(now);
    return { gate, pacer, sent: pacer.send(now, cost), wider };
  }
}
