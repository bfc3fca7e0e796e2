import { type Clock, type LastAnswer, MAX_TIMER, type Place, Queue } from '@steadfetch/core';
import type { Evidence } from './evidence.ts';
import type { Answer, Pacer, Sent, Settled } from './model/pacer.ts';

/** A call at its gate. */
export interface Visit {
  /** Its number: calls go out in this order, and a refused call keeps its place. */
  readonly ticket: number;
  readonly cost: number;
  /** The narrowest gate that it belongs to. */
  readonly leaf: Gate;
  /** It may not be sent before this time: the server said so. */
  notBefore: number;
  /** After this time it is not held any longer. */
  deadline: number;
  /** Takes it out of the queue that it waits in. */
  leave: (() => void) | undefined;
  admit: (permit: Permit) => void;
  reject: (gate: Gate, wait: number) => void;
}

/** The right to send one request, counted at its gate and at the wider ones that watch. */
export interface Permit {
  readonly gate: Gate;
  readonly pacer: Pacer;
  sent: Sent;
  readonly wider: Permit | undefined;
}

export interface GateOptions {
  readonly clock: Clock;
  readonly now: () => number;
  readonly createPacer: () => Pacer;
  readonly limit: { readonly requests: number; readonly per: number } | undefined;
  readonly onOpen: (gate: Gate) => void;
}

interface Waiting {
  readonly visit: Visit;
  /** Its place among those that may go, or among those that the server told to wait. */
  turn: Place<Waiting>;
  end: Place<Waiting>;
}

/** How much one answer counts in the share of busy ones, and from which share on they count as a limit. */
const BUSY = { weight: 0.125, share: 0.3 };
/** How long calls that passed may wait behind the gate before they hold up the others of a known limit. */
const UNSENT = 20;

/** Where calls of one kind wait for their turn: in order, with one timer for all of them. */
export class Gate {
  readonly key: string;
  readonly parent: Gate | undefined;
  /** Its name below its parent. */
  readonly name: string;
  readonly children = new Map<string, Gate>();
  /** It stands for all gates below it. */
  wide = false;
  /** What the answers say about the gates below it. */
  evidence: Evidence | undefined;
  inFlight = 0;
  /** How many calls belong to it, from their beginning to their end. */
  users = 0;
  lastAnswer: LastAnswer | undefined;
  /** Until when the server asked for silence, which may be longer than the gate is closed. */
  #askedUntil = 0;
  readonly #options: GateOptions;
  #pacer: Pacer | undefined;
  readonly #ready = new Queue<Waiting>();
  readonly #resting = new Queue<Waiting>();
  readonly #ends = new Queue<Waiting>();
  /** The share of the last answers that refused without proof that it is about the rate: 503 with a wait. */
  #busyShare = 0;
  #reads = 0;
  #hasQuotas = false;
  #wasClosed = false;
  #lastSent = -Infinity;
  /** Calls that passed and are not sent yet, and since when. */
  #unsent = 0;
  #unsentSince = 0;
  #isPumping = false;
  #due = Infinity;
  #stopTimer: AbortController | undefined;

  constructor(key: string, parent: Gate | undefined, name: string, options: GateOptions) {
    this.key = key;
    this.parent = parent;
    this.name = name;
    this.#options = options;
  }

  get pacer(): Pacer {
    this.#pacer ??= this.#options.createPacer();
    return this.#pacer;
  }

  get waiting(): number {
    return this.#ends.size;
  }

  /** What would be lost with it: 0 nothing, 1 a count that calls may yet run into, 2 that calls are held back. */
  holds(now: number): 0 | 1 | 2 {
    if (now < this.#askedUntil || this.delay(now) > 0) return 2;
    return now < this.#lastSent + (this.#options.limit?.per ?? 0) ? 1 : 0;
  }

  /** Forgets what was learned. */
  forget(): void {
    this.#pacer = undefined;
    this.#wasClosed = false;
    this.#askedUntil = 0;
    this.#busyShare = 0;
    this.lastAnswer = undefined;
    this.schedule();
  }

  /** Forgets also that it stands for others. */
  reset(): void {
    this.evidence = undefined;
    this.wide = false;
    this.dissolve();
    this.forget();
  }

  /** Milliseconds until the next call may go: 0 for now, `Infinity` if only an answer can tell. */
  delay(now: number): number {
    if (this.#options.limit && this.#unsent > 0 && now - this.#unsentSince > UNSENT) return Infinity;
    this.pacer.advance(now);
    return this.pacer.delay(now);
  }

  /** Milliseconds until a call that came now could go at the earliest. */
  estimate(now: number): number {
    const { requests, per } = this.#options.limit ?? { requests: 1, per: 0 };
    const wait = this.delay(now);
    const rounds = this.waiting === 0 ? 0 : Math.floor(this.waiting / requests) * per;
    return wait === Infinity ? 0 : Math.max(this.#wasClosed && wait > 0 ? this.#askedUntil - now : 0, wait + rounds);
  }

  /** The gate in whose queue the calls of this one wait. */
  get inForce(): Gate {
    let found: Gate = this;
    for (let { parent } = this as Gate; parent; parent = parent.parent) if (parent.wide) found = parent;
    return found;
  }

  /** Leave to send now, if nobody waits and nothing is in the way. */
  tryEnter(visit: Visit, now: number): Permit | undefined {
    return this.waiting === 0 && visit.notBefore <= now && this.delay(now) <= 0 ? this.#admit(visit, now) : undefined;
  }

  /** Puts a call into the queue. */
  join(visit: Visit): void {
    const place: Partial<Waiting> = { visit };
    const waiting = place as Waiting;
    waiting.turn = this.#ready.add(visit.ticket, waiting);
    waiting.end = this.#ends.add(visit.deadline, waiting);
    visit.leave = () => {
      this.#leave(waiting);
      this.schedule();
    };
    this.schedule();
  }

  /** Sends all that wait to the gates that are now in force for them. */
  dissolve(): void {
    for (let { first } = this.#ends; first; first = this.#ends.first) {
      this.#leave(first.value);
      const { visit } = first.value;
      visit.leaf.inForce.join(visit);
    }
    this.#stop();
  }

  /** Remembers that it is closed, and for how long the server asked. Returns whether it was open before. */
  closed(until: number): boolean {
    const wasOpen = !this.#wasClosed;
    this.#wasClosed = true;
    this.#askedUntil = Math.max(this.#askedUntil, until);
    return wasOpen;
  }

  /** Whether a response is worth searching for quotas: the first few, then some, or all where they are used. */
  isCurious(): boolean {
    return this.#reads++ < 8 || this.#reads % 128 === 0 || this.#hasQuotas;
  }

  /**
   * Counts an answer. Returns whether it says something about a limit: of those that may as well come from a failing
   * server only a share does.
   */
  record({ kind, quotas }: Answer, isDoubtful: boolean): boolean {
    if (quotas) this.#hasQuotas = true;
    if (kind === 'accepted') this.#askedUntil = 0;
    if (kind === 'failed') return true;
    this.#busyShare += ((isDoubtful ? 1 : 0) - this.#busyShare) * BUSY.weight;
    return !isDoubtful || this.#busyShare >= BUSY.share;
  }

  /** A request has come back. */
  returned(): void {
    this.inFlight--;
    this.schedule();
  }

  /** A call that passed is handed to the network. */
  sent(): void {
    if (--this.#unsent === 0 && this.#options.limit) this.schedule();
  }

  /** Lets out those who may go, once per turn of the event loop. */
  schedule(): void {
    if (this.#isPumping) return;
    if (this.waiting === 0) {
      this.#stop();
      return;
    }
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    const now = this.#options.now();
    for (let { first } = this.#resting; first && first.order <= now; first = this.#resting.first) {
      this.#resting.remove(first);
      first.value.turn = this.#ready.add(first.value.visit.ticket, first.value);
    }
    let wait = 0;
    for (let { first } = this.#ready; first; first = this.#ready.first) {
      const { value } = first;
      if (value.visit.notBefore > now) {
        this.#ready.remove(first);
        value.turn = this.#resting.add(value.visit.notBefore, value);
        continue;
      }
      wait = this.delay(now);
      if (wait > 0) break;
      this.#leave(value);
      value.visit.admit(this.#admit(value.visit, now));
    }
    this.#dismiss(now, wait);
    this.#arm(now, wait);
  }

  /** Who would have to wait for too long need not wait at all. */
  #dismiss(now: number, wait: number): void {
    const opens = wait === Infinity ? now : now + wait;
    const next = wait > 0 && this.#wasClosed ? Math.max(opens, this.#askedUntil) : opens;
    for (let { first } = this.#ends; first && (first.order < next || first.order <= now); first = this.#ends.first) {
      this.#leave(first.value);
      first.value.visit.reject(this, next - now);
    }
  }

  #leave(waiting: Waiting): void {
    this.#ready.remove(waiting.turn);
    this.#resting.remove(waiting.turn);
    this.#ends.remove(waiting.end);
  }

  #admit({ cost }: Visit, now: number): Permit {
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

  #arm(now: number, wait: number): void {
    if (this.waiting === 0) {
      this.#stop();
      return;
    }
    const next = Math.min(this.#ready.size > 0 ? now + wait : Infinity, this.#resting.first?.order ?? Infinity);
    const due = Math.min(next, this.#ends.first!.order);
    if (due >= this.#due) return;
    this.#stop();
    this.#due = due;
    const stop = new AbortController();
    this.#stopTimer = stop;
    const ring = () => {
      if (this.#stopTimer !== stop) return;
      this.#stopTimer = undefined;
      this.#due = Infinity;
      this.#pump();
    };
    this.#options.clock.sleep(Math.min(Math.max(1, Math.ceil(due - now)), MAX_TIMER), stop.signal).then(ring, () => {});
  }

  #stop(): void {
    const stop = this.#stopTimer;
    this.#stopTimer = undefined;
    this.#due = Infinity;
    stop?.abort();
  }
}

/** Records the answer to a request. */
export function hear({ pacer, sent }: Permit, now: number, answer: Answer): Settled {
  pacer.advance(now);
  return pacer.settle(sent, now, answer);
}
