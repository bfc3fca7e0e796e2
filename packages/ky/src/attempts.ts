import { Call, type Outcome } from '@steadfetch/core';
import { type CallObservation, observerOf } from '@steadfetch/core/kit';
import {
  beginAttempt,
  FailedAttempt,
  isRepeatable,
  ownDelay,
  type Policy,
  retriedOf,
  type Session,
  startSession,
} from '@steadfetch/retry/engine';
import type { Options } from 'ky';
import { type Attempt, isKyTimeout } from './attempt.ts';
import { kyTime, mayBeOver, remainingOf, timeoutOf } from './deadline.ts';
import {
  type Bodies,
  copyOf,
  type KyRequest,
  kyRequests,
  oneShotBody,
  type RequestCopy,
  signalExcept,
} from './ky-request.ts';
import type { KyRetry } from './ky-retry.ts';

/** The attempts of one call in ky's loop, each described as a `Call` for the retry rules. An attempt is open until its outcome is judged. */
export class Attempts {
  /** `undefined` while the loop handles a response that a hook made up, or an error that a hook threw. */
  open: Attempt | undefined;
  /** The number of the current attempt, 1 for the first. */
  number = 1;
  /** `undefined` until the first request. */
  session: Session | undefined;
  /** For an `observe()` that is outermost in ky's `fetch`: it gets one `start` and one `end` for ky's whole loop. */
  #observation: CallObservation | undefined;
  readonly #options: Options;
  policy: Policy & { maxRetries: number };
  /** The option that ky's loop reads before each retry. */
  #kyRetry: KyRetry | undefined;
  readonly #startedAt: number;
  /** When the call began, by `kyTime()`. */
  readonly #kyStartedAt: number = kyTime();
  readonly #observer: ReturnType<typeof observerOf>;
  /** The members that are the same in each description of the call. */
  #base: Call;
  /** The body, if it can be sent only once. */
  #oneShot: BodyInit | undefined;

  constructor(options: Options, policy: Policy, meta: unknown) {
    this.#options = options;
    this.policy = policy;
    this.#startedAt = policy.clock.now();
    this.#observer = observerOf(options.fetch);
    this.#base = Call.from('').with({ remaining: remainingOf(() => options.totalTimeout, policy.clock) });
    this.#base.record.meta = meta;
  }

  /** Whether ky makes no further attempt, because its limit is used up. */
  get limitReached(): boolean {
    return this.number > this.#kyRetry!.limit;
  }

  /** Sets the policy of the call. A hook may lower the limit in `kyRetry` later, and the policy then follows. */
  setPolicy(policy: Policy, kyRetry: KyRetry): void {
    this.policy = { ...policy };
    this.#kyRetry = kyRetry;
  }

  /** Keeps the first request's body if it can be sent only once. Returns whether it did: ky must not clone that request, nor hold its stream in memory. */
  keepBody(request: Request, bodies: Bodies): boolean {
    this.#oneShot = oneShotBody(this.#describe(copyOf(request)), bodies, this.policy);
    return this.#oneShot !== undefined;
  }

  begin(kyRequest: KyRequest): Attempt {
    const { sends } = this.#base.record;
    const attempt: Attempt = { kyRequest, copy: copyOf(kyRequest.request), sends, startedAt: kyTime() };
    this.session ??= this.#start(attempt);
    beginAttempt(this.session); // here, since the time of `beforeRequest` hooks is not part of the attempt
    this.open = attempt;
    return attempt;
  }

  #start({ copy }: Attempt): Session {
    const observation = this.#observer?.(this.#describe(copy));
    if (observation) {
      const { observed } = observation;
      this.#base = this.#base.with({ observed, remaining: () => observation.remaining() });
    }
    this.#observation = observation;
    const call = this.#describe(copy);
    this.#base = call;
    observation?.start(call);
    return startSession(call, this.policy, isRepeatable(call, this.policy), this.#startedAt);
  }

  /** The call to send for this attempt, with the same marks as an attempt of `retry()`. */
  callToSend({ copy, kyRequest: { request } }: Attempt, init: RequestInit | undefined): Call {
    const call = this.#describe(copy);
    const session = { ...this.session!, call, repeatable: isRepeatable(call, this.policy) };
    const mark = { attempt: this.number, retried: retriedOf(session, this.number) };
    return call.with({ ...mark, input: request, init: Call.from(request, init).init });
  }

  /**
   * A request of ky as a call, for the rules. Copies no body. The signal is the caller's own if the options have it. A signal that came
   * inside a `Request` is known only through the signal that ky derives from it.
   */
  #describe({ url, signal, ...members }: RequestCopy): Call {
    const caller = this.#options.signal ?? signal;
    const body = this.#oneShot;
    return this.#base.with({
      input: url,
      init: { ...members, ...(caller && { signal: caller }), ...(body && { body }) },
    });
  }

  /** Closes an attempt that has ended. Returns the session, whose call now describes this attempt. */
  close(attempt: Attempt): Session {
    this.open = undefined;
    const call = this.#describe(attempt.copy);
    kyRequests.set(call, attempt.kyRequest);
    return Object.assign(this.session!, { call, repeatable: isRepeatable(call, this.policy) });
  }

  /** Closes an attempt that another may follow: until then an abort by the caller ends the call, and ky's `timeout` does not. */
  closeRepeated(attempt: Attempt, error?: unknown): Session {
    return this.close({ ...attempt, copy: this.#withoutTimeout(attempt, error) });
  }

  /** Closes an attempt whose outcome the rules will judge. */
  closeFailed(attempt: Attempt, outcome: Outcome): FailedAttempt {
    const session = this.closeRepeated(attempt, outcome.error);
    // A hook of the caller may have lowered the limit meanwhile.
    if (!this.#oneShot) this.policy.maxRetries = this.#kyRetry!.limit;
    return new FailedAttempt(session, this.number, outcome, session.call.record.sends > attempt.sends);
  }

  /**
   * If the options have no signal, we take an abort of ky's request signal for an abort by the caller. But ky's time limits abort the same
   * signal. This copy ignores a limit, whether it ended the attempt or comes later, while the rules judge the response.
   */
  #withoutTimeout(attempt: Attempt, error: unknown): RequestCopy {
    const { copy, startedAt } = attempt;
    if (isKyTimeout(error)) return { ...copy, signal: undefined };
    if (this.#options.signal || !copy.signal) return copy;
    const { totalTimeout } = this.#options;
    const isTimeout = () =>
      mayBeOver(totalTimeout, this.#kyStartedAt) ||
      (!attempt.isAnswered && mayBeOver(timeoutOf(this.#options), startedAt));
    return { ...copy, signal: signalExcept(copy.signal, isTimeout) };
  }

  /** Reports the end of the call to observers. Only the first report has an effect, and none before the first request. */
  end(ending: { response?: Response; error?: unknown }): void {
    const observation = this.#observation;
    this.#observation = undefined;
    const status = ending.response && { status: ending.response.status };
    observation?.end(this.session?.call ?? this.#base, { ...status, ...ending });
  }

  /** Reports a rejection with a value that is not an `Error`. For an `Error`, our `beforeError` hook reports the end; for other values ky calls no hook. */
  reject(thrown: unknown): void {
    if (!(thrown instanceof Error)) this.end({ error: thrown });
  }

  /** The wait before a retry that a hook of the caller forces. It has no jitter, so that it is as long as ky's own: the server has not failed. */
  backoff(attempt: number): number {
    const session = this.session ?? startSession(this.#base, this.policy, true, this.#startedAt);
    const policy = { ...session.policy, random: () => 0 };
    return ownDelay(new FailedAttempt({ ...session, policy }, attempt, undefined));
  }
}
