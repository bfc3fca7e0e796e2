import type { Call } from '@steadfetch/core';
import type { Place } from '@steadfetch/core/kit';
import type { Gate, Permit } from './gate.ts';
import type { Sighting } from './suspects.ts';
import type { Visit, WaitingLine } from './waiting-line.ts';

/** One call under way. */
export class Passage implements Visit {
  readonly call: Call;
  readonly leaf: Gate;
  readonly ticket: number;
  readonly cost: number;
  notBefore = 0;
  deadline = 0;
  /** How long it may still be held, in milliseconds. */
  left: number;
  /** Whether its present request was handed to the network. */
  isSent = false;
  /** Requests that the call had sent before. */
  sends = 0;
  /** Who else is told that a request leaves the machine. */
  onSend: (() => void) | undefined = undefined;
  /** Its last send, where a refusal must be proven to speak for others. */
  sighting: Sighting | undefined = undefined;
  line: WaitingLine | undefined = undefined;
  turn: Place<Visit> | undefined = undefined;
  end: Place<Visit> | undefined = undefined;
  resolve: ((permit: Permit) => void) | undefined = undefined;
  reject: ((reason: unknown) => void) | undefined = undefined;

  constructor(call: Call, leaf: Gate, ticket: number, cost: number, left: number) {
    this.call = call;
    this.leaf = leaf;
    this.ticket = ticket;
    this.cost = cost;
    this.left = left;
  }
}
