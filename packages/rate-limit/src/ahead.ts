import type { Gate, Permit } from './gate.ts';
import type { GateContext } from './gate-context.ts';
import type { Ticket } from './ticket.ts';

/** How long a call waits for a guess before it goes ahead of it, where a limit must be proven, and where one refusal is believed, in milliseconds. */
const PATIENCE_MS = 1_000;
const LONG_PATIENCE_MS = 8_000;
/** For how long a refusal shows that the pace is no mere guess, in milliseconds. */
const CONFIRMED_MS = 10_000;

/** Where one refusal is enough to close a gate, so many accepted requests since the last refusal contradict a guess. */
const CONTRADICTED_BY = 20;

/** The call that goes ahead of the pace of a gate, where that is a guess: one at a time, since the guess may be right. */
export class Ahead {
  readonly #gate: Gate;
  readonly #context: Pick<GateContext, 'limit' | 'needsProof' | 'store'>;
  #permit: Permit | undefined;
  #accepted = 0;

  constructor(gate: Gate, context: Pick<GateContext, 'limit' | 'needsProof' | 'store'>) {
    this.#gate = gate;
    this.#context = context;
  }

  /** When a call that waits may go: when a guess alone has held it back for a while in which nothing was refused. */
  at({ since }: Ticket): number {
    const { needsProof } = this.#context;
    if (this.#permit || !(needsProof || this.#accepted >= CONTRADICTED_BY)) return Infinity;
    const { pacer, learned } = this.#gate;
    const from = Math.max(since, pacer.guessesSince ?? Infinity, learned.lastRefused);
    return from + (needsProof ? PATIENCE_MS : LONG_PATIENCE_MS);
  }

  admit(ticket: Ticket, now: number): Permit {
    this.#permit = this.#gate.admit(ticket, now);
    return this.#permit;
  }

  /**
   * A permit for a call whose time is over, if a guess alone held it back: the server asked for no wait and refused nothing
   * while it waited, nor in the ten seconds before. Where it has refused nothing at all, any number of them go, but behind a
   * store, since another process may have been refused. Beside a known limit none goes while those that were let go before
   * have not been sent yet.
   */
  admitLate(ticket: Ticket, now: number): Permit | undefined {
    const gate = this.#gate;
    const { lastRefused } = gate.learned;
    const isConfirmed = lastRefused >= Math.min(ticket.since, now - CONFIRMED_MS);
    const isTaken = this.#permit && (this.#context.store || lastRefused > -Infinity);
    const isUnsent = this.#context.limit && gate.untilNext(now) === Infinity;
    if (isUnsent || isTaken || isConfirmed) return undefined;
    return gate.certainPart(now) > 0 ? undefined : this.admit(ticket, now);
  }

  answered(isRefused: boolean): void {
    this.#accepted = isRefused ? 0 : this.#accepted + 1;
  }

  returned(permit: Permit): void {
    if (permit === this.#permit) this.#permit = undefined;
  }
}
