import type { Call } from '@steadfetch/core';
import type { Place } from '@steadfetch/core/kit';
import type { Gate, Permit } from './gate.ts';
import type { GateQueue } from './gate-queue.ts';
import type { Outgoing } from './outgoing.ts';

/** One call under way: its place in the order, and how long it may wait. */
export class Ticket {
  readonly call: Call;
  /** The narrowest gate that it belongs to. */
  readonly gate: Gate;
  /** Calls go out in this order; a refused call keeps its number. */
  readonly number: number;
  readonly cost: number;
  /** When the limiter got it. */
  readonly began: number;
  /** How long it may still be held, in milliseconds. */
  left: number;
  /** Since when it waits. */
  since = 0;
  /** After this time it is not held any longer. */
  deadline = 0;
  /** Its call ends at this time, answered or not. */
  endsAt: number = Infinity;
  /** It is not sent before this time. */
  notBefore = 0;
  /** The queue that it waits in, its place in the order there, and the one by its deadline. */
  queue: GateQueue | undefined;
  place: Place<Ticket> | undefined;
  deadlinePlace: Place<Ticket> | undefined;
  /** The permit that it waited for, and the request that is sent with it, until that is over. */
  permit: Permit | undefined;
  request: Outgoing | undefined;
  /** Its call is taken for lost: see `watchRequests`. */
  isLost = false;
  /** At which gate its wait ended because it would be too long, and how long it would be. */
  late: { readonly gate: Gate; readonly wait: number } | undefined;
  /** How its wait ends. */
  resolve: ((permit: Permit | undefined) => void) | undefined;
  reject: ((reason: unknown) => void) | undefined;
  release: (() => void) | undefined;

  constructor(call: Call, gate: Gate, number: number, cost: number, left: number, began: number) {
    this.call = call;
    this.gate = gate;
    this.number = number;
    this.cost = cost;
    this.began = began;
    this.left = left;
  }

  /** Ends the wait: the call goes on. */
  admit(permit: Permit, now: number): void {
    this.left -= now - this.since;
    this.permit = permit;
    this.#stop();
    this.resolve?.(permit);
  }

  /** Ends the wait, which would be too long. */
  endLate(gate: Gate, wait: number): void {
    this.late = { gate, wait };
    this.#stop();
    this.resolve?.(undefined);
  }

  /** Ends the wait: the call fails. */
  refuse(error: unknown): void {
    this.#stop();
    this.reject?.(error);
  }

  #stop(): void {
    this.call.record.waitingFor = undefined;
    this.release?.();
  }
}
