import { endSleep, MAX_TIMER, Queue } from '@steadfetch/core/kit';
import type { Gate } from './gate.ts';
import type { GateContext } from './gate-context.ts';
import type { Ticket } from './ticket.ts';

/** The calls that wait at a gate: in order, with one timer for all of them. */
export class GateQueue {
  readonly #gate: Gate;
  readonly #context: GateContext;
  readonly #ready = new Queue<Ticket>();
  /** Calls that have hardly time left for their answer: those that have it go first. */
  readonly #late = new Queue<Ticket>();
  /** Refused calls whose time has not come. */
  readonly #resting = new Queue<Ticket>();
  /** All of them, by the time until which they may be held. */
  readonly #held = new Queue<Ticket>();
  /** Until when one of those that wait may be held, at the latest. Those that left count too, until none waits. */
  #heldUntil = 0;
  #isScheduled = false;
  /** Whether it has just waited for this turn of the event loop. Then the next call goes out without another one. */
  #hasTurn = false;
  #due = Infinity;
  #timer: AbortController | undefined;
  /** The `setTimeout` that set the timer. Where fake timers were put back, what they had set never fires. */
  #setBy: unknown;

  constructor(gate: Gate, context: GateContext) {
    this.#gate = gate;
    this.#context = context;
  }

  get size(): number {
    return this.#held.size;
  }

  add(ticket: Ticket): void {
    const isReady = ticket.notBefore <= this.#context.now();
    ticket.queue = this;
    this.#heldUntil = Math.max(this.size > 0 ? this.#heldUntil : 0, ticket.deadline);
    ticket.place = isReady ? this.#ready.add(ticket.number, ticket) : this.#resting.add(ticket.notBefore, ticket);
    ticket.deadlinePlace = this.#held.add(ticket.deadline, ticket);
    this.schedule();
  }

  remove(ticket: Ticket): void {
    this.#gate.learned.answerTime.endedWaiting();
    this.#take(ticket);
    this.schedule();
  }

  /** Takes all out, for another queue. */
  clear(): Ticket[] {
    const tickets: Ticket[] = [];
    for (let { first } = this.#held; first; first = this.#held.first) {
      this.#take(first.value);
      tickets.push(first.value);
    }
    this.#stop();
    return tickets;
  }

  /** Lets calls pass that may, once for all that happens in this turn. */
  schedule(): void {
    if (this.#isScheduled) return;
    if (this.size === 0) this.#stop();
    else this.#pumpAfter(Promise.resolve());
  }

  /** Goes on where its timer is gone, with the request that has set it: see `settledByOthers`. */
  wakeIfLate(): void {
    if (this.#context.now() <= this.#due) return;
    this.#timer = undefined;
    this.#due = Infinity;
    this.schedule();
  }

  #pumpAfter(turn: Promise<void>): void {
    this.#isScheduled = true;
    void turn.then(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const now = this.#context.now();
    for (let { first } = this.#resting; first && first.order <= now; first = this.#resting.first) {
      this.#resting.remove(first);
      first.value.place = this.#ready.add(first.value.number, first.value);
    }
    const oldest = (this.#late.first ?? this.#ready.first)?.value;
    oldest?.gate.noteAlive(oldest, now);
    this.#gate.advance(now);
    const latest = this.#gate.learned.answerTime.latest(this.#heldUntil, now);
    let wait = 0;
    let ticket = this.#next(now);
    for (; ticket; ticket = this.#next(now)) {
      wait = this.#gate.announce(now, ticket.cost, latest);
      if (wait > 0) break;
      if (this.#yieldTurn()) return;
      this.#take(ticket);
      if (ticket.endsAt < now) ticket.endLate(this.#gate, 0);
      else ticket.admit(this.#gate.admit(ticket, now), now);
    }
    if (ticket) wait = this.#goAhead(ticket, now, wait);
    const next = now + this.#gate.certainPart(now, wait);
    for (let { first } = this.#held; first && (first.order < next || first.order <= now); first = this.#held.first) {
      if (this.#yieldTurn()) return;
      this.#expire(first.value, now, next - now);
    }
    this.#arm(now, wait);
  }

  /** The next one in line. Those that have hardly time left for their answer let the others go first, while that is so. */
  #next(now: number): Ticket | undefined {
    let { first } = this.#ready;
    for (; first && this.#gate.isLate(first.value, now); first = this.#ready.first) {
      this.#ready.remove(first);
      first.value.place = this.#late.add(first.order, first.value);
    }
    const late = this.#late.first;
    const isNext = late && (!first || (late.order < first.order && !this.#gate.isLate(late.value, now)));
    return (isNext ? late : first)?.value;
  }

  /** The first one goes ahead of the pace, if it is time. Returns how long to wait for the next. */
  #goAhead(ticket: Ticket, now: number, wait: number): number {
    if (wait === Infinity && this.#context.limit) return wait; // what was let go before has not been sent yet
    const ahead = this.#gate.ahead.at(ticket);
    if (ahead > now) return Math.min(wait, ahead - now);
    this.#take(ticket);
    ticket.admit(this.#gate.ahead.admit(ticket, now), now);
    return wait;
  }

  /** Goes on in another turn of the event loop if this one has done enough. Returns whether it has. */
  #yieldTurn(): boolean {
    const turn = this.#hasTurn ? undefined : this.#context.turns.enter();
    this.#hasTurn = turn !== undefined;
    if (turn) this.#pumpAfter(turn);
    return this.#hasTurn;
  }

  /** Ends the wait of a call that would have to wait for too long, or lets it pass if a guess alone delays it. */
  #expire(ticket: Ticket, now: number, wait: number): void {
    this.#take(ticket);
    const permit = ticket.notBefore <= now ? this.#gate.ahead.admitLate(ticket, now) : undefined;
    if (permit) ticket.admit(permit, now);
    else {
      this.#gate.learned.answerTime.endedWaiting();
      ticket.endLate(this.#gate, wait);
    }
  }

  #take(ticket: Ticket): void {
    this.#late.remove(ticket.place!);
    this.#ready.remove(ticket.place!);
    this.#resting.remove(ticket.place!);
    this.#held.remove(ticket.deadlinePlace!);
    ticket.queue = undefined;
  }

  #arm(now: number, wait: number): void {
    if (this.size === 0) {
      this.#stop();
      return;
    }
    const isReady = this.#ready.size + this.#late.size > 0;
    const next = Math.min(isReady ? now + wait : Infinity, this.#resting.first?.order ?? Infinity);
    const due = Math.min(next, this.#held.first!.order);
    if (due >= this.#due && this.#setBy === globalThis.setTimeout) return;
    this.#stop();
    this.#setBy = globalThis.setTimeout;
    this.#due = due;
    const timer = new AbortController();
    this.#timer = timer;
    const wake = () => {
      if (this.#timer !== timer) return;
      this.#timer = undefined;
      this.#due = Infinity;
      if (!this.#isScheduled) this.#pump();
    };
    const ms = Math.min(Math.max(1, Math.ceil(due - now)), MAX_TIMER);
    this.#context.clock.sleep(ms, timer.signal).then(wake, () => {});
  }

  #stop(): void {
    const timer = this.#timer;
    this.#timer = undefined;
    this.#due = Infinity;
    endSleep(timer);
  }
}
