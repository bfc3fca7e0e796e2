import type { Clock } from '@steadfetch/core';
import { MAX_TIMER, type Place, Queue } from '@steadfetch/core/kit';
import type { Gate, Permit } from './gate.ts';

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
  /** The line it waits in, and its place there among those that may go or those that may not yet. */
  line: WaitingLine | undefined;
  turn: Place<Visit> | undefined;
  end: Place<Visit> | undefined;
  resolve: ((permit: Permit) => void) | undefined;
  reject: ((reason: unknown) => void) | undefined;
}

/** What those in a line wait for. */
export interface Door {
  /** Milliseconds until a call of this cost may go: 0 for now, `Infinity` if only an answer can tell. */
  delay(now: number, cost: number): number;
  /** What of a wait is known: the rest an answer may shorten. */
  knownWait(now: number, wait: number): number;
  /** Whether a call whose time is over finds out whether the pace still holds. */
  mayProbe(now: number): boolean;
  admit(visit: Visit, now: number): Permit;
  /** The error for a call that would have to wait for too long. */
  tooLong(visit: Visit, wait: number): Error;
}

/** So many are let out or sent away in one turn of the event loop: each of them has something to do then. */
const MOST_PER_TURN = 200;

/** Where calls wait for their turn: in order, with one timer for all of them. */
export class WaitingLine {
  readonly #door: Door;
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #ready = new Queue<Visit>();
  readonly #resting = new Queue<Visit>();
  readonly #ends = new Queue<Visit>();
  #isScheduled = false;
  #due = Infinity;
  #timer: AbortController | undefined;

  constructor(door: Door, clock: Clock, now: () => number) {
    this.#door = door;
    this.#clock = clock;
    this.#now = now;
  }

  get size(): number {
    return this.#ends.size;
  }

  join(visit: Visit): void {
    visit.line = this;
    visit.turn = this.#ready.add(visit.ticket, visit);
    visit.end = this.#ends.add(visit.deadline, visit);
    this.schedule();
  }

  leave(visit: Visit): void {
    this.#take(visit);
    this.schedule();
  }

  /** Takes all out, for another line. */
  *clear(): Generator<Visit> {
    for (let { first } = this.#ends; first; first = this.#ends.first) {
      this.#take(first.value);
      yield first.value;
    }
    this.#stop();
  }

  /** Lets out those who may go, once per turn of the event loop. */
  schedule(): void {
    if (this.#isScheduled) return;
    if (this.size === 0) {
      this.#stop();
      return;
    }
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const now = this.#now();
    for (let { first } = this.#resting; first && first.order <= now; first = this.#resting.first) {
      this.#resting.remove(first);
      first.value.turn = this.#ready.add(first.value.ticket, first.value);
    }
    let wait = 0;
    let count = 0;
    for (let { first } = this.#ready; first && count < MOST_PER_TURN; first = this.#ready.first) {
      const visit = first.value;
      if (visit.notBefore > now) {
        this.#ready.remove(first);
        visit.turn = this.#resting.add(visit.notBefore, visit);
        continue;
      }
      wait = this.#door.delay(now, visit.cost);
      if (wait > 0) break;
      this.#take(visit);
      visit.resolve?.(this.#door.admit(visit, now));
      count++;
    }
    count = this.#dismiss(now, wait, count);
    this.#arm(now, count >= MOST_PER_TURN ? 1 : wait);
  }

  /** Who would have to wait for too long need not wait at all. */
  #dismiss(now: number, wait: number, done: number): number {
    const next = now + this.#door.knownWait(now, wait);
    let count = done;
    for (let { first } = this.#ends; first && count < MOST_PER_TURN; first = this.#ends.first, count++) {
      if (first.order >= next && first.order > now) break;
      this.#take(first.value);
      const isDue = first.value.notBefore <= now && this.#door.mayProbe(now);
      if (isDue) first.value.resolve?.(this.#door.admit(first.value, now));
      else first.value.reject?.(this.#door.tooLong(first.value, next - now));
    }
    return count;
  }

  #take(visit: Visit): void {
    this.#ready.remove(visit.turn!);
    this.#resting.remove(visit.turn!);
    this.#ends.remove(visit.end!);
    visit.line = undefined;
  }

  #arm(now: number, wait: number): void {
    if (this.size === 0) {
      this.#stop();
      return;
    }
    const next = Math.min(this.#ready.size > 0 ? now + wait : Infinity, this.#resting.first?.order ?? Infinity);
    const due = Math.min(next, this.#ends.first!.order);
    if (due >= this.#due) return;
    this.#stop();
    this.#due = due;
    const timer = new AbortController();
    this.#timer = timer;
    const ring = () => {
      if (this.#timer !== timer) return;
      this.#timer = undefined;
      this.#due = Infinity;
      this.#pump();
    };
    this.#clock.sleep(Math.min(Math.max(1, Math.ceil(due - now)), MAX_TIMER), timer.signal).then(ring, () => {});
  }

  #stop(): void {
    const timer = this.#timer;
    this.#timer = undefined;
    this.#due = Infinity;
    timer?.abort();
  }
}

interface Batch {
  readonly turn: Promise<void>;
  readonly start: () => void;
}

/** Lets a few go on in each turn of the event loop: many answers that come at once must not hold it for long. */
export class Crowd {
  /** How many have come since the last batch began to fill. */
  #count = 0;
  #isTurning = false;
  readonly #batches: Batch[] = [];

  /** Returns at once, or a promise of another turn, which it shares with others. */
  enter(): Promise<void> | undefined {
    if (!this.#isTurning) {
      this.#isTurning = true;
      setTimeout(() => this.#turn());
    }
    if (this.#count === MOST_PER_TURN) {
      this.#batches.push(batch());
      this.#count = 0;
    }
    this.#count++;
    return this.#batches.at(-1)?.turn;
  }

  #turn(): void {
    const next = this.#batches.shift();
    this.#isTurning = next !== undefined;
    if (!next) this.#count = 0;
    else setTimeout(() => this.#turn());
    next?.start();
  }
}

function batch(): Batch {
  let start = () => {};
  const turn = new Promise<void>((resolve) => {
    start = resolve;
  });
  return { turn, start };
}
