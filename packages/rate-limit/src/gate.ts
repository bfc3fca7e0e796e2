import { Ahead } from './ahead.ts';
import { AlwaysRefused } from './always-refused.ts';
import type { CommonLimit } from './common-limit.ts';
import type { GateContext } from './gate-context.ts';
import { GateQueue } from './gate-queue.ts';
import { Learned } from './learned.ts';
import { Lifetime } from './lifetime.ts';
import { NOTHING_KNOWN, type Snapshot } from './model/snapshot.ts';
import type { Pacing, Sending } from './store.ts';
import type { Ticket } from './ticket.ts';

/** The right to send one request, counted at its gate and at the wider ones that watch. */
export interface Permit {
  readonly gate: Gate;
  readonly pacer: Pacing;
  sent: Sending;
  readonly wider: Permit | undefined;
}

/** With a known limit, calls that passed and are not sent for longer than this hold up the others, in milliseconds. */
const LONGEST_UNSENT_MS = 20;

/** What calls of one kind pass: a model of their limit, and the queue of those that wait. */
export class Gate {
  readonly key: string;
  readonly parent: Gate | undefined;
  /** Its name below its parent. */
  readonly name: string;
  readonly children: Map<string, Gate> = new Map();
  /** It stands for all gates below it. */
  wide = false;
  /** Whether the gates below it have a limit in common. */
  commonLimit: CommonLimit | undefined;
  /** The last requests to the origin; `undefined` where no proof is asked for. */
  readonly alwaysRefused: AlwaysRefused | undefined;
  inFlight = 0;
  /** It is the narrowest one of some calls. */
  isLeaf = false;
  /** How many calls belong to it, from their beginning to their end. */
  users = 0;
  learned: Learned = new Learned();
  /** How many requests of its calls were sent since one was refused, and until when a limit of its own may refuse more. */
  sentSince = 0;
  refusedUntil: number = -Infinity;
  ahead: Ahead;
  readonly #context: GateContext;
  readonly #queue: GateQueue;
  /** Calls that passed and are not sent yet, and since when. */
  #unsent = 0;
  #unsentSince = 0;
  #lifetime = new Lifetime();

  constructor(key: string, parent: Gate | undefined, name: string, context: GateContext) {
    this.key = key;
    this.parent = parent;
    this.name = name;
    this.#context = context;
    this.alwaysRefused = parent ? parent.alwaysRefused : context.needsProof ? new AlwaysRefused() : undefined;
    this.#queue = new GateQueue(this, context);
    this.ahead = new Ahead(this, context);
  }

  /** It is made when it is first needed. */
  get pacer(): Pacing {
    this.learned.pacer ??= this.#context.createPacer(this.key, () => this.#queue.schedule());
    return this.learned.pacer;
  }

  /** How it stands by its model. */
  snapshot(now: number): Snapshot {
    return this.learned.pacer?.snapshot(now) ?? NOTHING_KNOWN;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether it may stand for those below it. It may not where a limit is said: each of them has that limit, and all together would keep to one. */
  get mayWiden(): boolean {
    return this.#context.limit === undefined;
  }

  /** The gate in whose queue the calls of this one wait: the widest that stands for it. */
  get effective(): Gate {
    let found: Gate = this;
    for (let { parent } = this as Gate; parent; parent = parent.parent) if (parent.wide) found = parent;
    return found;
  }

  /** Forgets what was learned. */
  forget(): void {
    this.learned = new Learned();
    this.#queue.schedule();
  }

  /** Forgets also that it stands for others. */
  reset(): void {
    this.commonLimit = undefined;
    this.alwaysRefused?.clear();
    this.wide = false;
    this.sentSince = 0;
    this.refusedUntil = -Infinity;
    this.ahead = new Ahead(this, this.#context);
    this.#lifetime = new Lifetime();
    this.moveWaiting();
    this.forget();
  }

  /** Lets time pass. To be called before any of the waits below is asked for. */
  advance(now: number): void {
    this.pacer.advance(now);
  }

  /** Calls want to go: those that wait, or one that does not. Returns how long the first has to wait, as `untilNext`. */
  announce(now: number, cost: number, latest?: number): number {
    this.pacer.announce(now, { length: Math.max(1, this.waiting), cost, latest });
    return this.untilNext(now, cost);
  }

  /** Milliseconds until the next call may go, a probe too: 0 for now, `Infinity` until an answer comes. */
  untilNext(now: number, cost?: number): number {
    if (this.#context.limit && this.#unsent > 0 && now - this.#unsentSince > LONGEST_UNSENT_MS) return Infinity;
    return this.pacer.delay(now, cost);
  }

  /** Milliseconds until it lets more than a probe out. */
  untilOpen(now: number): number {
    return Math.max(this.untilNext(now), this.snapshot(now).opensIn);
  }

  /** The part of a wait for the next call that no answer can shorten, in milliseconds. */
  certainPart(now: number, delay: number = this.untilNext(now)): number {
    if (delay <= 0) return 0;
    const { opensIn, remaining } = this.snapshot(now);
    if (opensIn > 0) return Math.max(opensIn, this.learned.askedUntil - now);
    if (remaining === 0 && delay < Infinity) return delay;
    return Math.min(delay, this.pacer.certainDelay?.(now) ?? 0);
  }

  /** Milliseconds that a call that came now would have to wait at least, behind those that wait already. */
  leastWait(now: number): number {
    const { requests, per } = this.#context.limit ?? { requests: 1, per: 0 };
    return this.certainPart(now) + Math.floor(this.waiting / requests) * per;
  }

  /** Whether a call that waited has hardly time left for its answer: those that have it go first. */
  isLate(ticket: Ticket, now: number): boolean {
    const { since, began, gate } = ticket;
    return this.learned.answerTime.isShort(since, Math.min(ticket.endsAt, began + gate.#lifetime.ms), now);
  }

  /** A call of its own has ended. Learns from it if its own signal has ended it. */
  noteEnd({ call, began }: Ticket, now: number): void {
    if (call.signal?.aborted && call.remaining() > 0) this.#lifetime.ended(now - began);
  }

  /** A call of its own is under way. */
  noteAlive({ began }: Ticket, now: number): void {
    this.#lifetime.outlived(now - began);
  }

  /** Whether calls are held back, so that more than a count would be lost with it: the pace of a store is kept there. */
  holds(now: number): boolean {
    const wait = this.untilOpen(now);
    return now < this.learned.askedUntil || (this.#context.store ? this.certainPart(now, wait) : wait) > 0;
  }

  /** A permit to send now, if no other call waits and nothing is in the way. */
  enter(ticket: Ticket, now: number): Permit | undefined {
    if (this.waiting > 0 || ticket.notBefore > now) return undefined;
    this.advance(now);
    return this.announce(now, ticket.cost) > 0 ? undefined : this.admit(ticket, now);
  }

  /** Waits for a permit. */
  queue(ticket: Ticket): void {
    this.#queue.add(ticket);
  }

  /** Sends all that wait here and below to the gates that are now in effect for them. */
  moveWaiting(): void {
    for (const child of this.children.values()) child.moveWaiting();
    for (const ticket of this.#queue.clear()) ticket.gate.effective.queue(ticket);
  }

  /** A permit, counted here and at the wider gates that watch. */
  admit({ cost, gate: leaf }: Ticket, now: number): Permit {
    for (let gate: Gate | undefined = leaf; gate; gate = gate.parent) gate.sentSince++;
    const permit = this.count(now, cost, this.#countWider(now, cost));
    this.inFlight++;
    if (this.#unsent++ === 0) this.#unsentSince = now;
    if (!this.learned.hasReleased) {
      this.learned.hasReleased = true;
      this.#context.onOpen(this);
    }
    return permit;
  }

  /** Counts a request here. */
  count(now: number, cost: number, wider?: Permit): Permit {
    const { pacer } = this;
    pacer.advance(now);
    return { gate: this, pacer, sent: pacer.send(now, cost), wider };
  }

  /** A wider gate that could have to stand for this one counts too. */
  #countWider(now: number, cost: number): Permit | undefined {
    const { parent } = this;
    if (!parent?.mayWiden) return undefined;
    const wider = parent.#countWider(now, cost);
    return parent.children.size > 1 ? parent.count(now, cost, wider) : wider;
  }

  /** A call that passed is handed to the network, or ended without. */
  leftMachine(): void {
    if (--this.#unsent === 0 && this.#context.limit) this.#queue.schedule();
  }

  /** A request has come back. */
  returned(permit: Permit): void {
    this.ahead.returned(permit);
    this.inFlight--;
    this.#queue.schedule();
  }

  /** Counts how long an answer took, at the wider gates too: one of them may have to stand for this one. */
  countTime(took: number, isAccepted: boolean): void {
    this.learned.answerTime.count(took, isAccepted);
    this.parent?.countTime(took, isAccepted);
  }
}
