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
  /** Milliseconds since the call began. If no rule says that it needs `elapsed`, reading it throws in development, and returns 0 in production. */
  readonly elapsed: number;
  /** How each attempt of the call ended, including this one. */
  readonly past: readonly AttemptRecord[];
}

/**
 * A failed attempt. The rules judge it, and p-retry carries it from the attempt to the decision. If a rule inspects good responses,
 * an attempt with a good response is judged in the same way. `retry` makes `Error.prototype` its prototype's parent, since p-retry
 * accepts only errors; no stack is captured. `shouldRetry` gets a copy (`Failure`).
 */
export class FailedAttempt implements EndedAttempt {
  readonly session: Session;
  readonly call: Call;
  /** 1 for the first. */
  readonly attempt: number;
  /** How the attempt ended. Dropped before the wait for the next attempt, unless a rule or an observer needs it, to free the response. */
  outcome: Outcome | undefined;
  /** Whether a request was handed to the plain `fetch`. */
  readonly sent: boolean;
  /** Whether the call was held because it got no permit, its retry is now due, and it asks for a permit again. */
  held = false;
  /** The wait that follows, if the call is observed: the observer sets it, and can end it. */
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

  /** Milliseconds since the call began. If no rule says that it needs `elapsed`, reading it throws in development, and returns 0 in production. */
  get elapsed(): number {
    const { startedAt, policy } = this.session;
    return startedAt === undefined ? unknownElapsed() : Math.max(0, policy.clock.now() - startedAt);
  }

  /**
   * How long the attempt took, in milliseconds, without the wait for its turn in a limiter inside. For the first attempt it is 0, unless
   * there is a `timeout`, outside or inside, or a rule needs `elapsed`.
   */
  get took(): number {
    return tookOf(this.session);
  }
}
