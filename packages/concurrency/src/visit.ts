import { type Call, type Moment, notify } from '@steadfetch/core';
import { cancellable, type Turns } from '@steadfetch/core/kit';
import type { Lane, QueueEvent } from './lane.ts';
import { QueueFullError } from './queue-full-error.ts';

/** What all calls of one middleware share. */
export interface Shared {
  readonly max: number;
  readonly maxQueue: number;
  readonly onQueue: ((event: QueueEvent) => void) | undefined;
  readonly turns: Turns;
  readonly laneOf: (key: string) => Lane;
}

/** One call on its way through its lane: it enters or waits, may rest and return, and leaves. `Lane` defines the terms. */
export class Visit {
  readonly #call: Call;
  readonly #key: string;
  readonly #shared: Shared;
  /** How many requests of the call were sent before it came here. */
  readonly #earlierSends: number;
  #lane: Lane | undefined;
  /** Releases what the call has: its slot, its place in the line, or its rest. */
  #giveUp: ((reason?: unknown) => void) | undefined;
  #endRest: (() => void) | undefined;
  /** The wait for a slot after a rest. */
  #returning: Promise<void> | undefined;
  #isCounted = false;

  constructor(call: Call, key: string, shared: Shared) {
    this.#call = call;
    this.#key = key;
    this.#shared = shared;
    this.#earlierSends = call.record.sends;
  }

  /** Takes a slot if one is free. If the line is full, a reserved slot counts as free. Returns whether the call has a slot. */
  enter(): boolean {
    const lane = this.#shared.laneOf(this.#key);
    this.#lane = lane;
    let slot = lane.enter(this.#hasRested);
    if (!slot && this.#isRefused) slot = lane.takeOver();
    if (slot) this.#giveUp = lane.exit.bind(lane, slot);
    return slot !== undefined;
  }

  /** Waits for the first slot. Meanwhile an outer `concurrency` may lend the slot that the call has there. */
  wait(): Promise<unknown> {
    const resumeOutside = this.#isRefused ? undefined : this.#call.rest?.(this.#shared.max);
    return this.#waitInLine().then(resumeOutside);
  }

  /** Counts the first outcome, if a request was sent and the caller has not aborted. */
  count(succeeded: boolean): void {
    const { signal } = this.#call;
    if (this.#isCounted || !this.#isSent || signal?.aborted) return;
    this.#isCounted = true;
    this.#lane!.count(succeeded, !this.#hasRested);
  }

  /** What the layers inside call as `Call.rest`. A wait before the first outcome counts as a failure if a request was sent. */
  readonly rest = (slotsInside = 0): (() => Promise<void>) => {
    this.count(false);
    const resumeOutside = this.#call.rest?.(slotsInside);
    // a layer inside may send the call twice at the same time: the other request may wait for the slot already
    if (this.#giveUp && !this.#returning)
      this.#giveUp = this.#endRest = this.#lane!.rest(this.#giveUp, this.#maxLent(slotsInside));
    return async () => {
      if (this.#endRest && this.#giveUp === this.#endRest) this.#returning = this.#comeBack(this.#endRest);
      await this.#returning;
      await resumeOutside?.(); // the inner slot first: no call may have an outer slot while it waits for an inner one
    };
  };

  /**
   * How many slots may be lent during such a wait. None if `max` is 1 and the call is a write: a later write must not overtake it. None if
   * it waits for a `concurrency` with at least `max` slots, whose queue it shares with other keys. For a first turn in a limiter: `countTurn`.
   */
  #maxLent(slotsInside: number): number {
    const { method } = this.#call;
    if (this.#shared.max === 1 && method !== 'GET' && method !== 'HEAD') return 0;
    if (slotsInside < Infinity) return slotsInside >= this.#shared.max ? 0 : Infinity;
    return this.#isSent ? Infinity : this.#lane!.countTurn();
  }

  /** Ends the visit: releases what the call has. A pending wait rejects with the reason. */
  leave(reason?: unknown): void {
    this.#giveUp?.(reason);
    this.#giveUp = undefined;
  }

  get #isRefused(): boolean {
    return this.#lane!.queued >= this.#shared.maxQueue && !this.#hasRested;
  }

  get #isSent(): boolean {
    return this.#call.record.sends > this.#earlierSends;
  }

  get #hasRested(): boolean {
    return this.#endRest !== undefined;
  }

  async #comeBack(endRest: () => void): Promise<void> {
    const entered = this.enter() || this.#waitInLine();
    endRest();
    try {
      await entered;
    } finally {
      this.#returning = undefined;
    }
  }

  #waitInLine(): Promise<unknown> {
    const { max, maxQueue, onQueue, turns } = this.#shared;
    const { record, signal, observed } = this.#call;
    const lane = this.#lane!;
    const key = this.#key;
    const { active, queued } = lane;
    const refused = this.#isRefused;
    const own = observed && !refused ? cancellable(signal) : undefined;
    // the call joins the line before an observer runs, since the observer may free slots
    const turn = refused ? undefined : lane.wait(own?.signal ?? signal, this.#hasRested);
    if (turn) this.#giveUp = turn.leave;
    const about = own ? { action: 'wait', queued: queued + 1, cancel: own.cancel } : { action: 'refused', queued };
    observed?.emit(this.#call, { type: 'queue', key, active, ...about } as Moment);
    if (!turn) return turns.refuse(() => new QueueFullError(key, max, maxQueue, record.lastAnswer), signal);
    record.waitingFor = 'a slot of concurrency()';
    notify(onQueue, { key, active, queued: queued + 1 });
    return turn.slot.finally(() => {
      own?.release();
      record.waitingFor = undefined;
    });
  }
}
