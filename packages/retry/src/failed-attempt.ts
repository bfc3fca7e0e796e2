import type { AttemptRecord, Call, Outcome } from '@steadfetch/core';
import { type EndedAttempt, idempotencyKeyOf, type Pause } from '@steadfetch/core/kit';
import { unknownElapsed } from './development.ts';
import { type Session, tookOf } from './session.ts';

/** Whether an attempt ended in a good response: below 400. A rule can call it failed nevertheless. */
export function isGood(response: Response | undefined): response is Response {
  return response !== undefined && response.status < 400;
}

/** An attempt with a good answer. */
export interface GoodAttempt {
  readonly session: Session;
  readonly call: Call;
  /** 1 for the first. */
  readonly attempt: number;
  readonly response: Response;
}

/** A good answer after an attempt that failed. */
export interface Recovery extends EndedAttempt, GoodAttempt {
  /** Milliseconds since the call began, where a rule needs it. Otherwise reading it throws in development, and returns 0 in production. */
  readonly elapsed: number;
  /** What became of the attempts of the call, this one included. */
  readonly past: readonly AttemptRecord[];
}

/**
 * A failed attempt: what the rules judge, and what p-retry carries from the attempt to the decision. If a rule inspects good
 * responses, an attempt with a good response is judged in the same way. The prototype inherits from that of `Error`, since p-retry
 * accepts nothing else; no stack is taken. `shouldRetry` gets a copy of it (`Failure`).
 */
export class FailedAttempt implements EndedAttempt {
  readonly session: Session;
  readonly call: Call;
  /** 1 for the first. */
  readonly attempt: number;
  /** How the attempt ended. It is dropped when the wait for the next one begins, so that a call that waits holds no response. */
  outcome: Outcome | undefined;
  /** Whether a request was handed to the plain `fetch`. */
  readonly sent: boolean;
  /** Whether the call got no permit, was held until its retry was due, and now asks for a permit again. */
  held = false;
  /** The wait that follows, where somebody observes the call: its observer sets it, and can end it. */
  pause: Pause | undefined;

  constructor(session: Session, attempt: number, outcome: Outcome | undefined, sent = true) {
    this.session = session;
    this.call = session.call;
    this.attempt = attempt;
    this.outcome = outcome;
    this.sent = sent;
  }

  get response(): Response | undefined {
    return this.outcome?.response;
  }

  get error(): unknown {
    return this.outcome?.error;
  }

  /** The `Idempotency-Key` of the call, if it has one. */
  get idempotencyKey(): string | undefined {
    return idempotencyKeyOf(this.call);
  }

  /** The earlier attempts and how each ended, oldest first, the last hundred at most. This attempt is added after the decision about it. */
  get past(): readonly AttemptRecord[] {
    return this.session.call.record.history ?? [];
  }

  /** The wait before this attempt, in milliseconds; 0 for the first. */
  get previousDelay(): number {
    return this.session.lastRetry?.delay ?? 0;
  }

  /** Milliseconds since the call began, where a rule needs it. Otherwise reading it throws in development, and returns 0 in production. */
  get elapsed(): number {
    const { startedAt, policy } = this.session;
    return startedAt === undefined ? unknownElapsed() : Math.max(0, policy.clock.now() - startedAt);
  }

  /**
   * How long the attempt took, in milliseconds, without a wait for a turn in a limiter inside. For the first one it is 0, unless there is a
   * `timeout`, outside or inside, or a rule needs `elapsed`.
   */
  get took(): number {
    return tookOf(this.session);
  }
}
