import type { Remembered } from './always-refused.ts';
import type { Permit } from './gate.ts';
import type { Reading } from './read-response.ts';
import { settleOne, UNSENT } from './settle.ts';
import type { Ticket } from './ticket.ts';

/** A request that is sent later than this after it passed the gate is counted anew when it is sent, in milliseconds. */
const MAX_DELAY_MS = 2;

/** One request of a call, from its permit to its answer. If a layer inside, such as `concurrency`, sends it later, it counts from then. */
export class Outgoing {
  readonly ticket: Ticket;
  readonly permit: Permit;
  /** Set if `proof` is `first`. */
  readonly remembered: Remembered | undefined;
  /** How many requests the call had sent before this one. */
  readonly sendsBefore: number;
  isSent = false;
  /** The `onSend` of another layer, which this request wraps until it is over. */
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
      if (!this.isSent) this.#noteSent(now);
    };
  }

  /** Counts the answer. Returns whether it says something about a limit that other calls have too. */
  count({ answer, refusal }: Reading, now: number): boolean {
    const { remembered } = this;
    const { gate } = this.ticket;
    const { effective, alwaysRefused } = gate;
    const { kind } = answer;
    gate.countTime(now - this.permit.sent.at, kind === 'accepted');
    const isLimit = effective.learned.count(answer, refusal?.isDoubtful === true, now);
    if (remembered && kind === 'accepted') alwaysRefused!.accepted(remembered);
    const isAlwaysRefused = remembered && kind === 'refused' && alwaysRefused!.refused(remembered, now);
    return isLimit && !isAlwaysRefused;
  }

  /** The request is over. Later requests of the call are not counted here. */
  end(): void {
    const { gate } = this.permit;
    if (!this.isSent) gate.noteSent();
    this.isSent = true;
    this.ticket.call.record.onSend = this.#onSend;
    this.ticket.permit = undefined;
    this.ticket.request = undefined;
    gate.returned(this.permit);
  }

  /** The request is sent now. If that is much later than it passed the gate, its count moves to now. */
  #noteSent(now: () => number): void {
    const { permit } = this;
    this.isSent = true;
    permit.gate.noteSent();
    const at = now();
    if (at - permit.sent.at <= MAX_DELAY_MS) return;
    for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
      settleOne(counted, at, UNSENT);
      counted.sent = counted.pacer.send(at, this.ticket.cost, counted.sent);
    }
  }
}
