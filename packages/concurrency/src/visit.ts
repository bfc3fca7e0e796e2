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

/** One call and its slot: it enters or waits, may rest and come back, and leaves. */
export class Visit {
  readonly #call: Call;
  readonly #key: string;
  readonly #shared: Shared;
  /** How often the call had been sent when it came. */
  readonly #sends: number;
  #lane: Lane | undefined;
  /** Gives up what the call has: its slot, its place in the line, or its rest. */
  #giveUp: ((reason?: unknown) => void) | undefined;
  /** Ends the last rest. */
  #endRest: (() => void) | undefined;
  /** The wait for a slot after a rest. */
  #returning: Promise<void> | undefined;
  #isCounted = false;

  constructor(call: Call, key: string, shared: Shared) {
    this.#call = call;
    this.#key = key;
    this.#shared = shared;
    this.#sends = call.record.sends;
  }

  /** Takes a slot if one is free. Where the line is full, also one that another call keeps while it rests. */
  enter(): boolean {
    const lane = this.#shared.laneOf(this.#key);
    this.#lane = lane;
    let slot = lane.enter(this.#hasRested);
    if (!slot && this.#isRefused) slot = lane.takeOver();
    if (slot) this.#giveUp = lane.exit.bind(lane, slot);
    return slot !== undefined;
  }

  /** Waits for the first slot, while others may use what the call holds outside. */
  wait(): Promise<unknown> {
    const resumeOutside = this.#isRefused ? undefined : this.#call.rest?.(this.#shared.max);
    return this.#waitInLine().then(resumeOutside);
  }

  /** Counts the first outcome, if it is one of the server. */
  count(succeeded: boolean): void {
    const { signal } = this.#call;
    if (this.#isCounted || !this.#isSent || signal?.aborted) return;
    this.#isCounted = true;
    this.#lane!.count(succeeded, !this.#hasRested);
  }

  /** `Call.rest` of the layers inside. */
  readonly rest = (slotsInside = 0): (() => Promise<void>) => {
    this.count(false);
    const resumeOutside = this.#call.rest?.(slotsInside);
    // a layer inside may send the call twice at once, and one of the two waits for the slot already
    if (this.#giveUp && !this.#returning)
      this.#giveUp = this.#endRest = this.#lane!.rest(this.#giveUp, this.#mostLent(slotsInside));
    return async () => {
      if (this.#endRest && this.#giveUp === this.#endRest) this.#returning = this.#comeBack(this.#endRest);
      await this.#returning;
      await resumeOutside?.(); // in this order: who has a slot outside waits for none inside
    };
  };

  /**
   * How many slots may be lent there: calls with other keys are at work in as many slots inside, and wait in the line of a limiter.
   * Where there is one slot, no later write may overtake one that waits.
   */
  #mostLent(slotsInside: number): number {
    const { method } = this.#call;
    if (this.#shared.max === 1 && method !== 'GET' && method !== 'HEAD') return 0;
    if (slotsInside < Infinity) return slotsInside >= this.#shared.max ? 0 : Infinity;
    return this.#isSent ? Infinity : this.#lane!.countTurn();
  }

  /** Gives up what the call has, at its end. A wait rejects with the reason. */
  leave(reason?: unknown): void {
    this.#giveUp?.(reason);
    this.#giveUp = undefined;
  }

  get #isRefused(): boolean {
    return this.#lane!.queued >= this.#shared.maxQueue && !this.#hasRested;
  }

  get #isSent(): boolean {
    return this.#call.record.sends > this.#sends;
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
    // it is in the line before an observer is called, which may free the slots
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
