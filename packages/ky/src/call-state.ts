import { abortReason, Call, type Outcome, onAbort, throwIfAborted } from '@steadfetch/core';
import { type CallObservation, observerOf } from '@steadfetch/core/kit';
import type { GiveUpReason } from '@steadfetch/retry';
import {
  FailedAttempt,
  handleFailure,
  isRepeatable,
  keepAnswer,
  ownDelay,
  type Policy,
  type Retry,
  recordAttempt,
  recordSuccess,
  retriedOf,
  type Session,
  startSession,
} from '@steadfetch/retry/engine';
import type { Options } from 'ky';
import { type Attempt, outcomeOf, withHistory } from './attempt.ts';
import { remainingOf } from './deadline.ts';
import {
  type Bodies,
  callOf,
  copyOf,
  type KyRequest,
  oneShotBody,
  type RequestCopy,
  rememberKyRequest,
} from './describe.ts';
import type { KyRetry } from './ky-retry.ts';
import { Pending } from './pending.ts';

/** One call of ky as the rules see it: the attempt under way, what is decided about it, and how the call ends. */
export class CallState {
  /** The attempt that is not judged yet. For a response that a hook made up, or an error that a hook threw, there is none. */
  open: Attempt | undefined;
  readonly #options: Options;
  #policy: Policy & { maxRetries: number };
  /** ky's own record of its `retry` option, which it reads before each retry. */
  #kept: KyRetry | undefined;
  readonly #startedAt: number;
  /** What all descriptions of the call are made from. */
  #base: Call;
  #oneShot: BodyInit | undefined;
  #session: Session | undefined;
  /** The attempt under way, 1 for the first. */
  #attempt = 1;
  readonly #pending: Pending;
  /** The last decision of the rules, made or under way. A timeout of ky can come before it is made. */
  #judging: Promise<Retry | undefined> | undefined;
  #isOver = false;
  readonly #observer: ReturnType<typeof observerOf>;
  /** What an `observe()` that the fetch begins with gets of ky's loop. */
  #observed: CallObservation | undefined;
  #isEndEmitted = false;
  /** Ends the listening for an abort while ky waits before a retry that the caller forces. */
  #forgetAbort: () => void = () => {};

  constructor(options: Options, policy: Policy, meta: unknown) {
    this.#options = options;
    this.#policy = policy;
    this.#startedAt = policy.clock.now();
    const remaining = remainingOf(options, policy.clock);
    this.#base = Call.from('').with({
      remaining: () => Math.min(remaining(), this.#observed?.remaining() ?? Infinity),
    });
    this.#base.record.meta = meta;
    this.#pending = new Pending(options.signal ?? undefined, (reason) => this.#emitEndUnlessError(reason));
    this.#observer = observerOf(options.fetch);
  }

  /** Sets the policy of the call. Its limit follows that in `kept`, which a hook may lower. */
  adopt(policy: Policy, kept: KyRetry): void {
    this.#policy = { ...policy };
    this.#kept = kept;
  }

  /** Keeps the body of the first request, before it is sent, if it can be sent only once. */
  prepare(request: Request, bodies: Bodies): void {
    this.#oneShot = oneShotBody(this.#describe(copyOf(request)), bodies, this.#policy);
    // With a limit ky clones the request, and a clone keeps a streamed body in memory.
    if (this.#oneShot) this.#kept!.limit = 0;
  }

  begin(kyRequest: KyRequest): Attempt {
    const attempt: Attempt = { kyRequest, copy: copyOf(kyRequest.request), sends: this.#base.record.sends };
    this.#session ??= this.#start(attempt);
    this.#session.sentAt = this.#policy.clock.now(); // the hooks before a request are not part of the attempt
    this.open = attempt;
    this.#pending.sent();
    return attempt;
  }

  #start({ copy }: Attempt): Session {
    this.#observed = this.#observer?.(this.#describe(copy));
    if (this.#observed) this.#base = this.#base.with({ observed: this.#observed.observed });
    const call = this.#describe(copy);
    this.#observed?.start(call);
    return startSession(call, this.#policy, isRepeatable(call, this.#policy), this.#startedAt);
  }

  /** The call as this attempt sends it, with the marks that an attempt of `retry()` has. */
  callToSend({ copy, kyRequest: { request } }: Attempt, init: RequestInit | undefined): Call {
    const call = this.#describe(copy);
    const session = { ...this.#session!, call, repeatable: isRepeatable(call, this.#policy) };
    const mark = { attempt: this.#attempt, retried: retriedOf(session, this.#attempt) };
    return call.with({ ...mark, input: request, init: Call.from(request, init).init });
  }

  #describe(copy: RequestCopy, error?: unknown): Call {
    return callOf(copy, { base: this.#base, signal: this.#options.signal, error, body: this.#oneShot });
  }

  /** Returns the decision to repeat the call, if it is that. Else the call ends with this response. */
  async judgeResponse(attempt: Attempt, response: Response): Promise<Retry | undefined> {
    let due: Retry | undefined;
    if (response.status >= 400 || this.#policy.needsGoodResponses) {
      due = await this.#judgeOrEnd(attempt, { response, failed: false });
    } else {
      const session = this.#close(attempt);
      this.#pending.settle();
      if (!this.#pending.aborted) recordSuccess(session, this.#attempt, response);
    }
    if (due) keepAnswer(this.#base, response, due);
    else this.#emitEnd({ response });
    return due;
  }

  /** Judges what the last attempt threw if that is no `Error`, since ky calls no hook for it. Throws it again. */
  async judgeLast(attempt: Attempt, error: unknown): Promise<never> {
    const isLast = this.#attempt > this.#kept!.limit && this.open === attempt;
    if (!isLast || error instanceof Error) throw error;
    await this.#judge(attempt, { error, failed: true }).finally(() => this.#emitEnd({ error }));
    throw error;
  }

  #judgeOrEnd(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    this.#judging = this.#judge(attempt, outcome).catch((thrown) => {
      this.#emitEndUnlessError(thrown);
      throw thrown;
    });
    return this.#judging;
  }

  /** Asks the rules about an attempt that has ended, and calls the hooks of `retry`. Returns the decision to repeat it, if it is that. */
  async #judge(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    const session = this.#close(attempt, outcome.error);
    this.#pending.settle();
    if (this.#pending.aborted) return undefined;
    // A hook of the caller may have lowered it meanwhile.
    if (!this.#oneShot) this.#policy.maxRetries = this.#kept!.limit;
    const failure = new FailedAttempt(session, this.#attempt, outcome, this.#base.record.sends > attempt.sends);
    const decision = await handleFailure(failure);
    if (decision.retry) this.#pending.announce(failure, decision);
    // An observer may have done it.
    if (this.#pending.aborted) throwIfAborted(this.#options.signal!);
    if (this.#isOver) this.#stop('deadline', undefined);
    return this.#pending.due;
  }

  /** Returns whether ky's loop goes on after this error. If so, it waits first until the next attempt is due. */
  async judgeError(error: Error): Promise<boolean> {
    const attempt = this.open;
    const outcome = attempt && outcomeOf(attempt, error);
    if (outcome) await this.#judgeOrEnd(attempt, outcome);
    // A timeout of ky may come while a response is judged.
    else await this.#judging?.catch(() => {});
    if (this.#pending.isNew) {
      await this.#wait();
      return true;
    }
    if (this.#pending.aborted) this.#emitEndUnlessError(abortReason(this.#options.signal!));
    else if (outcome?.failed) this.#emitEndUnlessError(outcome.error);
    return false;
  }

  /** Records an attempt that a hook of the caller repeats, whatever came of it. No rule is asked. */
  passOver(attempt: Attempt): void {
    recordAttempt(this.#close(attempt), this.#attempt, { response: attempt.response!, failed: false });
    // ky calls no hook for an abort during its own wait.
    this.#forgetAbort = onAbort(this.#options.signal ?? undefined, (reason) => this.#emitEndUnlessError(reason));
  }

  /** The attempt is judged now. Returns the session, in which the call is now what this attempt has sent. */
  #close(attempt: Attempt, error?: unknown): Session {
    this.open = undefined;
    const call = rememberKyRequest(this.#describe(attempt.copy, error), attempt.kyRequest);
    return Object.assign(this.#session!, { call, repeatable: isRepeatable(call, this.#policy) });
  }

  /** How long ky itself waits: not at all after our own wait, else our backoff before a retry that another hook forces. */
  delay(attempt: number): number {
    if (this.#pending.due) return 0;
    const session = this.#session ?? startSession(this.#base, this.#policy, true, this.#startedAt);
    return ownDelay(new FailedAttempt({ ...session, lastRetry: undefined }, attempt, undefined));
  }

  /** ky calls no hook for an error that ends the wait. */
  async #wait(): Promise<void> {
    await this.#pending.wait().catch((error) => {
      this.#emitEnd({ error });
      throw error;
    });
  }

  /** ky goes on to this attempt. Where it has not asked us, the wait follows here. */
  async again(attempt: number): Promise<void> {
    await this.#wait();
    this.#forgetAbort();
    this.#attempt = attempt;
  }

  /** ky ends the call with this error. Judges it where ky has not asked, since its limit is spent. Returns the error to end with. */
  async end(error: Error): Promise<Error> {
    const attempt = this.open;
    const outcome = attempt && outcomeOf(attempt, error);
    this.#isOver = true;
    let ending = error;
    try {
      if (outcome) await this.#judge(attempt, outcome);
      this.#stop(this.#pending.reasonOf(error), error);
    } catch (thrown) {
      // The hooks of the caller come next, and must see it.
      if (!(thrown instanceof Error)) throw thrown;
      ending = thrown;
    } finally {
      this.#emitEnd(outcome?.response ? { response: outcome.response } : { error: outcome?.error ?? error });
    }
    return withHistory(ending);
  }

  /** A hook of the caller ends the call with this error. `isFinal`: ky calls no hook after it, as for what is no `Error`. */
  stopByHook(error: unknown, isFinal: boolean = !(error instanceof Error)): void {
    this.#stop('predicate', error);
    if (isFinal) this.#emitEnd({ error });
  }

  #stop(reason: GiveUpReason, error: unknown): void {
    this.#pending.stop(reason, error, { attempt: this.#attempt, response: this.open?.response });
  }

  /** Emits the end of a call that rejects with what is no `Error`: ky calls no hook for that. */
  #emitEndUnlessError(thrown: unknown): void {
    if (!(thrown instanceof Error)) this.#emitEnd({ error: thrown });
  }

  /** Emits how the call ends, once. */
  #emitEnd(ending: { response?: Response; error?: unknown }): void {
    if (this.#isEndEmitted || !this.#session) return;
    this.#isEndEmitted = true;
    this.#forgetAbort();
    const status = ending.response && { status: ending.response.status };
    this.#observed?.end(this.#session.call, { ...status, ...ending });
  }
}
