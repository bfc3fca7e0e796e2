import { type AttemptRecord, type Call, idempotencyKeyOf, type Outcome } from '@steadfetch/core';
import type { Policy } from './policy.ts';
import type { Retry } from './rule.ts';

/** What all attempts of a call share, from the first failure on. */
export interface Session {
  /** Another number for each call, for events. */
  readonly id: number;
  /** The call as it was made; ky makes a new one for each attempt. */
  call: Call;
  /** Whether the call can be sent twice, judged before anything below could change it. */
  repeatable: boolean;
  readonly policy: Policy;
  /** The `Idempotency-Key` that the call was made with, whatever was written on it since. */
  readonly key: string | undefined;
  /** When the call began; known only where a rule is `timed`. */
  readonly startedAt: number | undefined;
  /** What became of the attempts so far, oldest first, whichever layer made them. */
  readonly past: AttemptRecord[];
  /** The decision by which the attempt under way is made; none for the first. */
  by: Retry | undefined;
}

let sessions = 0;

export function sessionOf(call: Call, policy: Policy, repeatable: boolean, startedAt: number | undefined): Session {
  const key = idempotencyKeyOf(call);
  const { record } = call;
  record.maxRepeats = Math.max(record.maxRepeats, policy.maxRetries);
  const past = record.history ?? [];
  return { id: ++sessions, call, repeatable, policy, key, startedAt, past, by: undefined };
}

/** The number of an attempt, by whichever layer repeated the call; 1 for the first. */
export function numberOf({ call }: Session, attempt: number): number {
  return attempt + call.record.resends;
}

/** An attempt with a good answer. */
export interface GoodAttempt {
  readonly call: Call;
  /** 1 for the first. */
  readonly attempt: number;
  readonly response: Response;
}

/** A good answer after an attempt that failed. */
export interface Recovery extends GoodAttempt {
  readonly session: Session;
  /** What became of the attempts of the call, this one included. */
  readonly past: readonly AttemptRecord[];
}

/**
 * A failed attempt: what the rules judge, and what p-retry carries from the attempt to the decision. It is an `Error` by
 * its prototype alone, since p-retry hands on nothing else; no stack is taken.
 */
export class FailedAttempt {
  readonly session: Session;
  readonly call: Call;
  /** 1 for the first. */
  readonly attempt: number;
  /** Whether a request was handed to the plain `fetch`. */
  readonly sent: boolean;
  #outcome: Outcome | undefined;

  constructor(session: Session, attempt: number, outcome: Outcome | undefined, sent = true) {
    this.session = session;
    this.call = session.call;
    this.attempt = attempt;
    this.sent = sent;
    this.#outcome = outcome;
  }

  /** How the attempt ended; forgotten when the wait for the next one begins. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  get response(): Response | undefined {
    return this.#outcome?.response;
  }

  get error(): unknown {
    return this.#outcome?.error;
  }

  /** The `Idempotency-Key` that the call was made with, if it was. */
  get idempotencyKey(): string | undefined {
    return this.session.key;
  }

  /** What became of the attempts before this one, oldest first; once it is decided, of this one too. */
  get past(): readonly AttemptRecord[] {
    return this.session.past;
  }

  /** The wait before this attempt, in milliseconds; 0 for the first. */
  get previousDelay(): number {
    return this.session.by?.delay ?? 0;
  }

  /** Milliseconds since the call began; 0 unless a rule is `timed`. */
  get elapsed(): number {
    return elapsedOf(this.session);
  }

  /** Forgets the outcome, so that a call that waits for long holds no response. */
  forget(): void {
    this.#outcome = undefined;
  }
}

Object.setPrototypeOf(FailedAttempt.prototype, Error.prototype);

export function elapsedOf({ startedAt, policy }: Session): number {
  return startedAt === undefined ? 0 : Math.max(0, policy.clock.now() - startedAt);
}
