import type { Remembered } from './always-refused.ts';
import type { Permit } from './gate.ts';
import type { Reading } from './read-response.ts';
import { settleOne, UNSENT } from './settle.ts';
import type { Ticket } from './ticket.ts';

/** A request that leaves the machine later than this after it passed the gate is counted when it leaves, in milliseconds. */
const LATE_MS = 2;

/** One request of a call, from when it passed its gate until it is over. It is counted when it leaves the machine. */
export class Outgoing {
  readonly ticket: Ticket;
  readonly permit: Permit;
  /** Set where it must be proven that a refusal concerns other calls too. */
  readonly remembered: Remembered | undefined;
  /** How many requests the call had sent before it. */
  readonly sendsBefore: number;
  hasLeft = false;
  /** The callback of another layer for a request that leaves the machine. */
  readonly #onSend: (() => void) | undefined;

  constructor(ticket: Ticket, permit: Permit, remembered: Remembered | undefined, now: () => number) {
    const { record } = ticket.call;
    this.ticket = ticket;
    this.permit = permit;
    ticket.request = this;
    this.remembered = remembered;
    this.sendsBefore = record.sends;
    this.#onSend = record.onSend;
    record.onSend = () => {
      this.#onSend?.();
      if (!this.hasLeft) this.#leave(now);
    };
  }

  /** Counts its answer. Returns whether that says something about a limit that others have too. */
  count({ answer, refusal }: Reading, now: number): boolean {
    const { remembered } = this;
    const { gate } = this.ticket;
    const { effective, alwaysRefused } = gate;
    const { kind } = answer;
    gate.countTime(now - this.permit.sent.at, kind === 'accepted');
    const isLimit = effective.learned.count(answer, refusal?.isDoubtful === true, now);
    if (remembered && kind === 'accepted') alwaysRefused!.accepted(remembered);
    const isAlone = remembered && kind === 'refused' && alwaysRefused!.refused(remembered, now);
    return isLimit && !isAlone;
  }

  /** It is over; what leaves the machine for its call later is not counted here. */
  end(): void {
    const { gate } = this.permit;
    if (!this.hasLeft) gate.leftMachine();
    this.hasLeft = true;
    this.ticket.call.record.onSend = this.#onSend;
    this.ticket.permit = undefined;
    this.ticket.request = undefined;
    gate.returned(this.permit);
  }

  /** One that was held back counts from now on, and not from when it passed. */
  #leave(now: () => number): void {
    const { permit } = this;
    this.hasLeft = true;
    permit.gate.leftMachine();
    const at = now();
    if (at - permit.sent.at <= LATE_MS) return;
    for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
      settleOne(counted, at, UNSENT);
      counted.sent = counted.pacer.send(at, this.ticket.cost, counted.sent);
    }
  }
}
