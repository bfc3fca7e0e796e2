import type { Gate, Permit } from './gate.ts';
import type { GateContext } from './gate-context.ts';
import type { Ticket } from './ticket.ts';

/** How long a call waits for a guessed rate before it goes ahead, at least and at most, in milliseconds. */
const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 8_000;
/** A refusal confirms the rate for this long, in milliseconds. */
const CONFIRMED_MS = 10_000;
/** With `proof: 'direct'` calls go ahead of a guess only after this many requests were accepted since the last refusal. */
const MIN_ACCEPTED = 20;

/** Lets calls go ahead of a rate that is only a guess: only an accepted request shows that it is too low. One at a time, as it may be right. */
export class Ahead {
  readonly #gate: Gate;
  readonly #context: Pick<GateContext, 'limit' | 'needsProof' | 'store'>;
  /** The permit of the call that went ahead, until its answer comes. */
  #permit: Permit | undefined;
  #accepted = 0;
  /** How long the next call waits: 8 s, or with `proof: 'first'` a second, and twice as long after each refused call that went ahead. */
  #waitMs: number;

  constructor(gate: Gate, context: Pick<GateContext, 'limit' | 'needsProof' | 'store'>) {
    this.#gate = gate;
    this.#context = context;
    this.#waitMs = context.needsProof ? MIN_WAIT_MS : MAX_WAIT_MS;
  }

  /** When a waiting call may go ahead: after a while in which only a guess held it back and nothing was refused. */
  at({ since }: Ticket): number {
    const isDoubted = this.#context.needsProof || this.#accepted >= MIN_ACCEPTED;
    if (this.#permit || !isDoubted) return Infinity;
    const { pacer, learned } = this.#gate;
    return Math.max(since, pacer.guessesSince ?? Infinity, learned.lastRefused) + this.#waitMs;
  }

  admit(ticket: Ticket, now: number): Permit {
    this.#permit = this.#gate.admit(ticket, now);
    return this.#permit;
  }

  /**
   * Returns a permit for a call that may wait no longer, if only a guess held it back: the server asked for no wait, and refused
   * nothing while the call waited or in the last ten seconds. One such call goes at a time, or several if nothing was refused so far and
   * no store may have refusals of other processes. With a known `limit` none goes while calls with a permit are not sent yet.
   */
  admitAtDeadline(ticket: Ticket, now: number): Permit | undefined {
    const gate = this.#gate;
    const { lastRefused } = gate.learned;
    const isConfirmed = lastRefused >= Math.min(ticket.since, now - CONFIRMED_MS);
    const isTaken = this.#permit && (this.#context.store || lastRefused > -Infinity);
    const isUnsent = this.#context.limit && gate.untilNext(now) === Infinity;
    if (isUnsent || isTaken || isConfirmed) return undefined;
    return gate.certainDelay(now) > 0 ? undefined : this.admit(ticket, now);
  }

  answered(permit: Permit, isRefused: boolean): void {
    this.#accepted = isRefused ? 0 : this.#accepted + 1;
    if (permit !== this.#permit || !this.#context.needsProof) return;
    this.#waitMs = isRefused ? Math.min(MAX_WAIT_MS, 2 * this.#waitMs) : MIN_WAIT_MS;
  }

  returned(permit: Permit): void {
    if (permit === this.#permit) this.#permit = undefined;
  }
}
