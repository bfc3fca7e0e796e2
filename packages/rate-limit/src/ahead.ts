import type { Gate, Permit } from './gate.ts';
import type { GateContext } from './gate-context.ts';
import type { Ticket } from './ticket.ts';

/** How long a call waits for a guess before it goes ahead of it, at least and at most, in milliseconds. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 8_000;
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
  /** How long the next one waits: where a limit must be proven, a second at first, and twice as long after one that was refused. */
  #patience: number;

  constructor(gate: Gate, context: Pick<GateContext, 'limit' | 'needsProof' | 'store'>) {
    this.#gate = gate;
    this.#context = context;
    this.#patience = context.needsProof ? SHORTEST_MS : LONGEST_MS;
  }

  /** When a call that waits may go: when a guess alone has held it back for a while in which nothing was refused. */
  at({ since }: Ticket): number {
    const isDoubted = this.#context.needsProof || this.#accepted >= CONTRADICTED_BY;
    if (this.#permit || !isDoubted) return Infinity;
    const { pacer, learned } = this.#gate;
    return Math.max(since, pacer.guessesSince ?? Infinity, learned.lastRefused) + this.#patience;
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

  answered(permit: Permit, isRefused: boolean): void {
    this.#accepted = isRefused ? 0 : this.#accepted + 1;
    if (permit !== this.#permit || !this.#context.needsProof) return;
    this.#patience = isRefused ? Math.min(LONGEST_MS, 2 * this.#patience) : SHORTEST_MS;
  }

  returned(permit: Permit): void {
    if (permit === this.#permit) this.#permit = undefined;
  }
}
