import { endSleep, MAX_TIMER, Queue } from '@steadfetch/core/kit';
import type { Gate } from './gate.ts';
import type { GateContext } from './gate-context.ts';
import type { Ticket } from './ticket.ts';

/** The queue of a gate: calls in order, with one timer for all of them. Each call is in `#all` and in one of the other three. */
export class GateQueue {
  readonly #gate: Gate;
  readonly #context: GateContext;
  readonly #ready = new Queue<Ticket>();
  /** Calls that have hardly any time left for their answer. Calls of `#ready` go before them. */
  readonly #shortOfTime = new Queue<Ticket>();
  /** Refused calls that may not be sent again yet. */
  readonly #refused = new Queue<Ticket>();
  /** All waiting calls, in the order of their deadlines. */
  readonly #all = new Queue<Ticket>();
  /** The latest deadline of all calls that waited since the queue was last empty. */
  #latestDeadline: number = -Infinity;
  #isScheduled = false;
  /** Whether it has just waited for this turn of the event loop. Then the next call need not wait for another turn. */
  #hasTurn = false;
  #due = Infinity;
  #timer: AbortController | undefined;
  /** The `setTimeout` that set the timer. After a test restores the real one, timers of its fake one never fire. */
  #setBy: unknown;

  constructor(gate: Gate, context: GateContext) {
    this.#gate = gate;
    this.#context = context;
  }

  get size(): number {
    return this.#all.size;
  }

  add(ticket: Ticket): void {
    const isReady = ticket.notBefore <= this.#context.now();
    ticket.queue = this;
    this.#latestDeadline = Math.max(this.size > 0 ? this.#latestDeadline : -Infinity, ticket.deadline);
    ticket.place = isReady ? this.#ready.add(ticket.number, ticket) : this.#refused.add(ticket.notBefore, ticket);
    ticket.deadlinePlace = this.#all.add(ticket.deadline, ticket);
    this.schedule();
  }

  remove(ticket: Ticket): void {
    this.#gate.learned.answerTime.endedWaiting();
    this.#take(ticket);
    this.schedule();
  }

  /** Removes and returns all calls, for another queue. */
  clear(): Ticket[] {
    const tickets: Ticket[] = [];
    for (let { first } = this.#all; first; first = this.#all.first) {
      this.#take(first.value);
      tickets.push(first.value);
    }
    this.#stop();
    return tickets;
  }

  /** Lets calls pass as soon as the running code is done: once for all that it does. Stops the timer if no call waits. */
  schedule(): void {
    if (this.#isScheduled) return;
    if (this.size === 0) this.#stop();
    else this.#pumpAfter(Promise.resolve());
  }

  /** Runs the queue if its timer is overdue. The timer may have ended with the request that set it: see `settledByOthers`. */
  wakeOverdue(): void {
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
    for (let { first } = this.#refused; first && first.order <= now; first = this.#refused.first) {
      this.#refused.remove(first);
      first.value.place = this.#ready.add(first.value.number, first.value);
    }
    const oldest = (this.#shortOfTime.first ?? this.#ready.first)?.value;
    oldest?.gate.noteAlive(oldest, now);
    this.#gate.advance(now);
    const latest = this.#gate.learned.answerTime.latest(this.#latestDeadline, now);
    let wait = 0;
    let ticket = this.#next(now);
    for (; ticket; ticket = this.#next(now)) {
      if (ticket.endsAt > now) {
        wait = this.#gate.announce(now, ticket.cost, latest);
        if (wait > 0) break;
      }
      if (this.#yieldTurn()) return;
      this.#take(ticket);
      if (ticket.endsAt > now) ticket.admit(this.#gate.admit(ticket, now), now);
      else ticket.endTooLong(this.#gate, 0);
    }
    if (ticket) wait = this.#goAhead(ticket, now, wait);
    const next = now + this.#gate.certainDelay(now, wait);
    for (let { first } = this.#all; first && (first.order < next || first.order <= now); first = this.#all.first) {
      if (this.#yieldTurn()) return;
      this.#expire(first.value, now, next - now);
    }
    this.#arm(now, wait);
  }

  /** Returns the next call in order. Calls that are short of time go after all others, as long as they are. */
  #next(now: number): Ticket | undefined {
    let { first } = this.#ready;
    for (; first && this.#gate.isShort(first.value, now); first = this.#ready.first) {
      this.#ready.remove(first);
      first.value.place = this.#shortOfTime.add(first.order, first.value);
    }
    const short = this.#shortOfTime.first;
    const isNext = short && (!first || (short.order < first.order && !this.#gate.isShort(short.value, now)));
    return (isNext ? short : first)?.value;
  }

  /** Lets the first call go ahead of a guessed rate, if it has waited long enough. Returns how long to wait for the next call. */
  #goAhead(ticket: Ticket, now: number, wait: number): number {
    if (wait === Infinity && this.#context.limit) return wait; // earlier calls must be sent first
    const ahead = this.#gate.ahead.at(ticket);
    if (ahead > now) return Math.min(wait, ahead - now);
    this.#take(ticket);
    ticket.admit(this.#gate.ahead.admit(ticket, now), now);
    return wait;
  }

  /** Continues in another turn of the event loop if this one has handled enough calls. Returns whether it does. */
  #yieldTurn(): boolean {
    const turn = this.#hasTurn ? undefined : this.#context.turns.enter();
    this.#hasTurn = turn !== undefined;
    if (turn) this.#pumpAfter(turn);
    return this.#hasTurn;
  }

  /** Ends the wait of a call that would be too long. If only a guessed rate delays the call, it passes; otherwise it fails. */
  #expire(ticket: Ticket, now: number, wait: number): void {
    this.#take(ticket);
    const permit =
      ticket.notBefore <= now && now < ticket.endsAt ? this.#gate.ahead.admitAtDeadline(ticket, now) : undefined;
    if (permit) ticket.admit(permit, now);
    else {
      this.#gate.learned.answerTime.endedWaiting();
      ticket.endTooLong(this.#gate, wait);
    }
  }

  #take(ticket: Ticket): void {
    this.#shortOfTime.remove(ticket.place!);
    this.#ready.remove(ticket.place!);
    this.#refused.remove(ticket.place!);
    this.#all.remove(ticket.deadlinePlace!);
    ticket.queue = undefined;
  }

  #arm(now: number, wait: number): void {
    if (this.size === 0) {
      this.#stop();
      return;
    }
    const isReady = this.#ready.size + this.#shortOfTime.size > 0;
    const next = Math.min(isReady ? now + wait : Infinity, this.#refused.first?.order ?? Infinity);
    const due = Math.min(next, this.#all.first!.order);
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
