import type { AttemptRecord, Call, Outcome } from '@steadfetch/core';
import { callIdOf, encodeForm, idempotencyKeyOf, ignoreRejection, keepBody, releaseBody } from '@steadfetch/core/kit';
import type { Pause } from './pause.ts';
import type { Policy } from './policy.ts';
import type { Decision, Retry } from './rule.ts';

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
  past: AttemptRecord[];
  /** The decision by which the attempt under way is made; none for the first. */
  by: Retry | undefined;
}

export function startSession(call: Call, policy: Policy, repeatable: boolean, startedAt: number | undefined): Session {
  const { record } = call;
  record.maxRepeats = Math.max(record.maxRepeats, policy.maxRetries);
  const past = record.history ?? [];
  return {
    id: callIdOf(record),
    call,
    repeatable,
    policy,
    key: idempotencyKeyOf(call),
    startedAt,
    past,
    by: undefined,
  };
}

/** The number of an attempt, by whichever layer repeated the call; 1 for the first. */
export function numberOf({ call }: Session, attempt: number): number {
  return attempt + call.record.resends;
}

/** Milliseconds since the call began; 0 unless a rule is `timed`. */
export function elapsedOf({ startedAt, policy }: Session): number {
  return startedAt === undefined ? 0 : Math.max(0, policy.clock.now() - startedAt);
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
  /** How the attempt ended; forgotten when the wait for the next one begins, so that a call that waits holds no response. */
  outcome: Outcome | undefined;
  /** Whether a request was handed to the plain `fetch`. */
  readonly sent: boolean;
  /** The wait that follows, where somebody observes the call. */
  pause: Pause | undefined;

  constructor(session: Session, attempt: number, outcome: Outcome | undefined, sent = true) {
    this.session = session;
    this.call = session.call;
    this.attempt = attempt;
    this.outcome = outcome;
    this.sent = sent;
    this.pause = undefined;
  }

  get response(): Response | undefined {
    return this.outcome?.response;
  }

  get error(): unknown {
    return this.outcome?.error;
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
}

Object.setPrototypeOf(FailedAttempt.prototype, Error.prototype);

/** Keeps what became of an attempt, for events and for errors that are made later. */
export function record(session: Session, attempt: number, outcome: Outcome, decision?: Decision): void {
  const { call, key, past, policy } = session;
  const { response, error, failed } = outcome;
  const record: AttemptRecord = {
    attempt: numberOf(session, attempt),
    at: policy.clock.now(),
    ...(failed ? { error } : { status: response.status }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(decision?.retry ? { delay: decision.delay, delaySource: decision.source } : {}),
  };
  session.past = call.record.history = past.concat(record); // no larger than it must be
}

/**
 * Whether sending the request twice has the effect of sending it once: by method, by key, or because a rule says so.
 *
 * Asked of the call as it was made, before anything below changes it. No error says as much: a redirect, the source of a
 * body or a call that the fetch inside makes of its own can fail with any code after the request was acted on.
 */
export function isRepeatable(call: Call, { methods, rules }: Policy): boolean {
  return (
    methods.has(call.method) ||
    idempotencyKeyOf(call) !== undefined ||
    rules.some((rule) => isTrue(rule.harmless?.(call)))
  );
}

/** Only `true` is a yes. A promise counts as no, and its rejection is ignored. */
function isTrue(answer: unknown): boolean {
  ignoreRejection(answer);
  return answer === true;
}

/** The call with a body that has the same bytes in each attempt, which a form has not by itself. */
export function withSteadyBody(call: Call): Call {
  const body = call.init?.body && encodeForm(call.init.body);
  return body ? call.with({ init: { ...call.init, body } }) : call;
}

/**
 * The call as one attempt sends it. A `Request` gives its body away, so a clone is sent while another attempt may follow. An
 * attempt after which none can follow is marked as the last, so that an inner timeout need not cut it.
 */
export function attemptOf(call: Call, attempt: number, policy: Policy, isRepeatable: boolean): Call {
  const repeatable = isRepeatable && attempt <= policy.maxRetries;
  const kept = repeatable && typeof call.input !== 'string' ? keepBody(call) : call;
  return kept.asAttempt(attempt, repeatable && policy.repeatsTimeouts && call.replayable ? true : 'last');
}

/** Frees a clone that was never sent: a circuit was open, a queue full. */
export function releaseCopy(attempt: Call, call: Call): void {
  if (attempt.input !== call.input) releaseBody(attempt);
}
