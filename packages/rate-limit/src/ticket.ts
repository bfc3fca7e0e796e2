import type { Call } from '@steadfetch/core';
import type { Place } from '@steadfetch/core/kit';
import type { Gate, Permit } from './gate.ts';
import type { GateQueue } from './gate-queue.ts';
import type { Outgoing } from './outgoing.ts';

/** The limiter's record of one call: its place in the order, its time, and its wait or request. Instants are milliseconds. */
export class Ticket {
  readonly call: Call;
  /** The narrowest gate of the call. */
  readonly gate: Gate;
  /** Calls are sent in this order. A refused call keeps its number, and so goes before later ones. */
  readonly number: number;
  readonly cost: number;
  /** When the call reached the limiter. */
  readonly began: number;
  /** How much of `maxWait` is left, in milliseconds. */
  waitLeft: number;
  /** When its current wait began. */
  since = 0;
  /** When its wait must end: by `maxWait`, or by the deadline of the call. */
  deadline = 0;
  /** The deadline of the call. */
  endsAt: number = Infinity;
  /** A refused call is not sent again before this time; `-Infinity` before the first refusal. */
  notBefore: number = -Infinity;
  /** The queue in which it waits, with its places there: by order, and by deadline. */
  queue: GateQueue | undefined;
  place: Place<Ticket> | undefined;
  deadlinePlace: Place<Ticket> | undefined;
  /** The permit of its present request, and that request, until it is over. */
  permit: Permit | undefined;
  request: Outgoing | undefined;
  /** Whether the runtime dropped its call: see `watchRequests`. */
  isLost = false;
  /** Set if its wait ended because it would be too long: the gate, and the rest of the wait in milliseconds. */
  tooLong: { readonly gate: Gate; readonly wait: number } | undefined;
  /** What ends its wait, and what frees its listeners then. */
  resolve: ((permit: Permit | undefined) => void) | undefined;
  reject: ((reason: unknown) => void) | undefined;
  release: (() => void) | undefined;

  constructor(call: Call, gate: Gate, number: number, cost: number, waitLeft: number, began: number) {
    this.call = call;
    this.gate = gate;
    this.number = number;
    this.cost = cost;
    this.began = began;
    this.waitLeft = waitLeft;
  }

  /** Ends the wait with a permit. */
  admit(permit: Permit, now: number): void {
    this.waitLeft -= now - this.since;
    this.permit = permit;
    this.#stop();
    this.resolve?.(permit);
  }

  /** Ends the wait without a permit, since the rest of it would be too long. */
  endTooLong(gate: Gate, wait: number): void {
    this.tooLong = { gate, wait };
    this.#stop();
    this.resolve?.(undefined);
  }

  /** Ends the wait with an error. */
  refuse(error: unknown): void {
    this.#stop();
    this.reject?.(error);
  }

  #stop(): void {
    this.call.record.waitingFor = undefined;
    this.release?.();
  }
}
