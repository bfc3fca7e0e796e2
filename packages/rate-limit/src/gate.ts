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

/** The right to send one request. Its gate counts the request, and so do the wider gates that may have to replace that one: `wider`. */
export interface Permit {
  readonly gate: Gate;
  readonly pacer: Pacing;
  sent: Sending;
  readonly wider: Permit | undefined;
}

/** With a known limit, no call passes a gate that has had unsent calls for longer than this, in milliseconds. */
const MAX_UNSENT_MS = 20;

/**
 * A model of one limit, and the queue of the calls that wait for it. Gates form a tree, such as a credential and its paths. Each call
 * belongs to a leaf. If the leaves of a parent share a limit, the parent becomes wide: their calls use its queue and its model.
 */
export class Gate {
  readonly key: string;
  readonly parent: Gate | undefined;
  /** The last part of the key: the name of this gate among those of the same parent. */
  readonly name: string;
  readonly children: Map<string, Gate> = new Map();
  /** Whether the calls of all gates below pass this one instead. */
  wide = false;
  /** Finds out whether the gates below share one limit. */
  commonLimit: CommonLimit | undefined;
  /** Shared by all gates below one root; `undefined` unless `proof` is `first`. */
  readonly alwaysRefused: AlwaysRefused | undefined;
  inFlight = 0;
  /** Whether it is the narrowest gate of some calls. */
  isLeaf = false;
  /** How many calls have this gate as their narrowest and have not ended. */
  users = 0;
  learned: Learned = new Learned();
  /** For `CommonLimit`: how many requests were sent since the last refusal, and when the wait of the refusals ends. */
  sentSince = 0;
  refusedUntil: number = -Infinity;
  ahead: Ahead;
  readonly #context: GateContext;
  readonly #queue: GateQueue;
  /** How many calls have passed the gate and are not sent yet, and since when there are any. */
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

  /** Created at its first use. */
  get pacer(): Pacing {
    this.learned.pacer ??= this.#context.createPacer(this.key, () => this.#queue.schedule());
    return this.learned.pacer;
  }

  /** The state of its model. */
  snapshot(now: number): Snapshot {
    return this.learned.pacer?.snapshot(now) ?? NOTHING_KNOWN;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether it may become wide. Not with the option `limit`, which each leaf has for itself: all calls of a wide gate would share one. */
  get mayWiden(): boolean {
    return this.#context.limit === undefined;
  }

  /** The gate that the calls of this one pass: the widest of its wide ancestors, or this one. */
  get effective(): Gate {
    let found: Gate = this;
    for (let { parent } = this as Gate; parent; parent = parent.parent) if (parent.wide) found = parent;
    return found;
  }

  /** Forgets what was learned about the limit. */
  forget(): void {
    this.learned = new Learned();
    this.#queue.schedule();
  }

  /** Forgets everything, also that it is wide. */
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

  /** Updates the model to `now`. Call it before any method below that returns a wait. */
  advance(now: number): void {
    this.pacer.advance(now);
  }

  /** Tells the model how many calls want to pass: those in the queue, or a single new one. Returns the wait of the first, as `untilNext`. */
  announce(now: number, cost: number, latest?: number): number {
    this.pacer.announce(now, { length: Math.max(1, this.waiting), cost, latest });
    return this.untilNext(now, cost);
  }

  /** Milliseconds until the next call may pass, be it a probe: 0 for now, `Infinity` until an answer comes or earlier calls are sent. */
  untilNext(now: number, cost?: number): number {
    if (this.#context.limit && this.#unsent > 0 && now - this.#unsentSince > MAX_UNSENT_MS) return Infinity;
    return this.pacer.delay(now, cost);
  }

  /** Milliseconds until calls other than probes may pass. */
  untilOpen(now: number): number {
    return Math.max(this.untilNext(now), this.snapshot(now).opensIn);
  }

  /** The part of `untilNext` that no answer is expected to shorten, in milliseconds: a time that the server gave, or a known limit. */
  certainDelay(now: number, delay: number = this.untilNext(now)): number {
    if (delay <= 0) return 0;
    const { opensIn, remaining } = this.snapshot(now);
    if (opensIn > 0) return Math.max(opensIn, this.learned.askedUntil - now);
    if (remaining === 0 && delay < Infinity) return delay;
    return Math.min(delay, this.pacer.certainDelay?.(now) ?? 0);
  }

  /** The least time in milliseconds that a new call would wait, behind those in the queue. */
  leastWait(now: number): number {
    const { requests, per } = this.#context.limit ?? { requests: 1, per: 0 };
    return this.certainDelay(now) + Math.floor(this.waiting / requests) * per;
  }

  /** Whether a waiting call has hardly any time left for its answer. The queue then prefers calls that have more. */
  isShort(ticket: Ticket, now: number): boolean {
    const { since, began, gate } = ticket;
    return this.learned.answerTime.isShort(since, Math.min(ticket.endsAt, began + gate.#lifetime.ms), now);
  }

  /** Learns from the end of a call of this leaf: if its own signal aborted it before its time was over, at which age. */
  noteEnd({ call, began }: Ticket, now: number): void {
    if (call.signal?.aborted && call.remaining() > 0) this.#lifetime.ended(now - began);
  }

  /** Learns from a call of this leaf that was not aborted up to now. */
  noteAlive({ began }: Ticket, now: number): void {
    this.#lifetime.outlived(now - began);
  }

  /** Whether dropping this gate would send calls too early. With a store only certain waits count: the store keeps the rate. */
  holdsBack(now: number): boolean {
    const wait = this.untilOpen(now);
    return now < this.learned.askedUntil || (this.#context.store ? this.certainDelay(now, wait) : wait) > 0;
  }

  /** Returns a permit if no call waits and this one may be sent now. */
  enter(ticket: Ticket, now: number): Permit | undefined {
    if (this.waiting > 0 || ticket.notBefore > now) return undefined;
    this.advance(now);
    return this.announce(now, ticket.cost) > 0 ? undefined : this.admit(ticket, now);
  }

  /** Puts a call into the queue, to wait for a permit. */
  queue(ticket: Ticket): void {
    this.#queue.add(ticket);
  }

  /** Moves all calls that wait here or below into the queues of their effective gates, after one became wide or narrow. */
  moveWaiting(): void {
    for (const child of this.children.values()) child.moveWaiting();
    for (const ticket of this.#queue.clear()) ticket.gate.effective.queue(ticket);
  }

  /** Lets a call pass. Returns its permit, counted here and at the wider gates. */
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

  /** Counts a request at this gate alone. */
  count(now: number, cost: number, wider?: Permit): Permit {
    const { pacer } = this;
    pacer.advance(now);
    return { gate: this, pacer, sent: pacer.send(now, cost), wider };
  }

  /** Counts a request at each ancestor that has several children, since it may become wide later and needs the history. */
  #countWider(now: number, cost: number): Permit | undefined {
    const { parent } = this;
    if (!parent?.mayWiden) return undefined;
    const wider = parent.#countWider(now, cost);
    return parent.children.size > 1 ? parent.count(now, cost, wider) : wider;
  }

  /** A call that passed was sent, or ended unsent. */
  noteSent(): void {
    if (--this.#unsent === 0 && this.#context.limit) this.#queue.schedule();
  }

  /** The request of a permit is over, answered or not. */
  returned(permit: Permit): void {
    this.ahead.returned(permit);
    this.inFlight--;
    this.#queue.schedule();
  }

  /** Counts how long an answer took, also at the wider gates: one of them may become wide. */
  countTime(took: number, isAccepted: boolean): void {
    this.learned.answerTime.count(took, isAccepted);
    this.parent?.countTime(took, isAccepted);
  }
}
