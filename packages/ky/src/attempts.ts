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
import { kyTime, mayHaveTimedOut, remainingOf } from './deadline.ts';
import {
  type Bodies,
  copyOf,
  type KyRequest,
  kyRequests,
  oneShotBody,
  type RequestCopy,
  signalUntil,
} from './ky-request.ts';
import type { KyRetry } from './ky-retry.ts';

/** The attempts of one call of ky, as calls that the rules understand. An attempt is open from its request until it is judged. */
export class Attempts {
  /** None for a response that a hook made up, or an error that a hook threw. */
  open: Attempt | undefined;
  /** The number of the attempt under way, 1 for the first. */
  number = 1;
  /** Begins with the first request. */
  session: Session | undefined;
  /** Of an `observe()` that the fetch begins with: it gets ky's whole loop as one call, with one start and one end. */
  #observation: CallObservation | undefined;
  readonly #options: Options;
  policy: Policy & { maxRetries: number };
  /** ky's own record of its `retry` option, which it reads before each retry. */
  #kept: KyRetry | undefined;
  readonly #startedAt: number;
  readonly #observer: ReturnType<typeof observerOf>;
  /** What all descriptions of the call are made from. */
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

  /** Whether ky's limit is spent. */
  get areSpent(): boolean {
    return this.number > this.#kept!.limit;
  }

  /** Sets the policy of the call. Its limit follows that in `kept`, which a hook may lower. */
  adopt(policy: Policy, kept: KyRetry): void {
    this.policy = { ...policy };
    this.#kept = kept;
  }

  /** Keeps the body of the first request, before it is sent, if it can be sent only once. Then ky must not clone the request: a clone keeps a streamed body in memory. */
  prepare(request: Request, bodies: Bodies): boolean {
    this.#oneShot = oneShotBody(this.#describe(copyOf(request)), bodies, this.policy);
    return this.#oneShot !== undefined;
  }

  begin(kyRequest: KyRequest): Attempt {
    const { sends } = this.#base.record;
    const attempt: Attempt = { kyRequest, copy: copyOf(kyRequest.request), sends, startedAt: kyTime() };
    this.session ??= this.#start(attempt);
    beginAttempt(this.session); // the hooks before a request are not part of it
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

  /** The call as this attempt sends it, with the marks that an attempt of `retry()` has. */
  callToSend({ copy, kyRequest: { request } }: Attempt, init: RequestInit | undefined): Call {
    const call = this.#describe(copy);
    const session = { ...this.session!, call, repeatable: isRepeatable(call, this.policy) };
    const mark = { attempt: this.number, retried: retriedOf(session, this.number) };
    return call.with({ ...mark, input: request, init: Call.from(request, init).init });
  }

  /**
   * A request of ky as a call, for the rules. No body is copied. The signal is the caller's own where the options name it. One that
   * came inside a `Request` is known only through ky's.
   */
  #describe({ url, signal, ...asked }: RequestCopy): Call {
    const caller = this.#options.signal ?? signal;
    const body = this.#oneShot;
    return this.#base.with({
      input: url,
      init: { ...asked, ...(caller && { signal: caller }), ...(body && { body }) },
    });
  }

  /** The attempt has ended. Returns the session, in which the call is now what this attempt has sent. */
  close(attempt: Attempt): Session {
    this.open = undefined;
    const call = this.#describe(attempt.copy);
    kyRequests.set(call, attempt.kyRequest);
    return Object.assign(this.session!, { call, repeatable: isRepeatable(call, this.policy) });
  }

  /** The attempt has ended, and the rules are to judge its outcome. */
  closeFailed(attempt: Attempt, outcome: Outcome): FailedAttempt {
    const session = this.close({ ...attempt, copy: this.#withoutTimeout(attempt, outcome.error) });
    // A hook of the caller may have lowered it meanwhile.
    if (!this.#oneShot) this.policy.maxRetries = this.#kept!.limit;
    return new FailedAttempt(session, this.number, outcome, session.call.record.sends > attempt.sends);
  }

  /**
   * Where the options name no signal, that of the request stands for the caller's. It is ky's own, and a timeout of ky is no abort by
   * the caller: neither one that has ended the attempt, nor one that comes while its response is judged and the call is held.
   */
  #withoutTimeout(attempt: Attempt, error: unknown): RequestCopy {
    const { copy, startedAt } = attempt;
    if (isKyTimeout(error)) return { ...copy, signal: undefined };
    if (this.#options.signal || !copy.signal) return copy;
    const isOver = () => !attempt.isAnswered && mayHaveTimedOut(this.#options, startedAt);
    return { ...copy, signal: signalUntil(copy.signal, isOver) };
  }

  /** The call has ended so. Only its first end counts; a call that has not begun has none. */
  end(ending: { response?: Response; error?: unknown }): void {
    const observation = this.#observation;
    this.#observation = undefined;
    const status = ending.response && { status: ending.response.status };
    observation?.end(this.session?.call ?? this.#base, { ...status, ...ending });
  }

  /** The call rejects with this. ky passes an `Error` to its `beforeError` hooks, and the first of them, ours, emits the end. For anything else it calls no hook. */
  reject(thrown: unknown): void {
    if (!(thrown instanceof Error)) this.end({ error: thrown });
  }

  /** Our backoff before a retry that a hook of the caller forces: the least of it, which is ky's, since the server has not failed. */
  backoff(attempt: number): number {
    const session = this.session ?? startSession(this.#base, this.policy, true, this.#startedAt);
    const policy = { ...session.policy, random: () => 0 };
    return ownDelay(new FailedAttempt({ ...session, policy }, attempt, undefined));
  }
}
