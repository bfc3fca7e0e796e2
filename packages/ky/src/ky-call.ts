import { abortReason, Call, type CallChanges, type Outcome, onAbort, throwIfAborted } from '@steadfetch/core';
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
import {
  type AfterResponseHook,
  type BeforeErrorHook,
  type BeforeRequestHook,
  type BeforeRetryHook,
  ForceRetryError,
  type Hooks,
  type NormalizedOptions,
  type Options,
  type RetryOptions,
} from 'ky';
import { type Attempt, captureOutcome, outcomeOf, withHistory } from './attempt.ts';
import { attemptsWithContext } from './call-context.ts';
import { follow, watch } from './caller-hooks.ts';
import { remainingOf } from './deadline.ts';
import { type Asked, askedBy, callOf, oneShotBody, rememberOrigin } from './describe.ts';
import { asObject, changesIn, filledIn, type KyRetry } from './ky-retry.ts';
import { Pending } from './pending.ts';
import { isCancellable, isResponse, release, shareOnce, throwsFor, withText } from './retried-response.ts';

/** The policy of a call whose `retry` option of ky says this. */
export type PolicyOf = (retry: Options['retry']) => Policy;

/** One call of ky as its own loop drives it: every hook and closure here belongs to this call alone. */
export class KyCall {
  readonly #options: Options;
  /** What ky's own `retry` option says, and how the hooks of the caller see it. */
  readonly #said: RetryOptions;
  readonly #filled: RetryOptions;
  readonly #policyOf: PolicyOf;
  readonly #startedAt: number;
  readonly #remaining: () => number;
  readonly #send: ReturnType<typeof attemptsWithContext>;
  /** What all descriptions of the call are made from. */
  readonly #base: Call = Call.from('');
  /** Whether somebody may look at `error.data` before a retry. */
  readonly #seen: boolean;
  #policy: Policy & { maxRetries: number };
  #session: Session | undefined;
  /** ky's own record of the option, which it reads before each retry. */
  #retry: KyRetry | undefined;
  #normalized!: NormalizedOptions;
  /** Which hooks see a response before it is judged: those of the caller, one of ours, or none. */
  #stage: 'hooks' | 'hook' | 'fetch' = 'fetch';
  #oneShot: BodyInit | undefined;
  /** The attempt under way, 1 for the first. */
  #attempt = 1;
  /** The attempt that is not judged yet. For a response that a hook made up, or an error that a hook threw, there is none. */
  #open: Attempt | undefined;
  #judging: Promise<Retry | undefined> | undefined;
  readonly #pending: Pending;
  /** Whether ky has ended the call. */
  #over = false;
  readonly #observer: ReturnType<typeof observerOf>;
  /** What an `observe()` that the fetch begins with gets of this loop. */
  #observed: CallObservation | undefined;
  #hasEnded = false;
  /** Ends the listening for an abort while ky waits before a retry that the caller forces. */
  #forgetAbort: () => void = () => {};

  constructor(options: Options, policyOf: PolicyOf, meta?: unknown) {
    this.#options = options;
    this.#policyOf = policyOf;
    this.#policy = policyOf(options.retry);
    this.#said = asObject(options.retry);
    this.#filled = filledIn(this.#said, this.#policy.maxRetries);
    this.#base.record.meta = meta;
    this.#startedAt = this.#policy.clock.now();
    const remaining = remainingOf(options, this.#policy.clock);
    this.#remaining = () => Math.min(remaining(), this.#observed?.remaining() ?? Infinity);
    this.#pending = new Pending(options.signal ?? undefined, (reason) => this.#emitEndUnlessError(reason));
    this.#seen = options.parseJson !== undefined || (options.hooks!.beforeRetry ?? []).length > 0;
    this.#observer = observerOf(options.fetch);
    this.#send = attemptsWithContext(options.fetch, this.#base);
  }

  /**
   * Our hooks see a request last, after those that change it, and an error first, before it is replaced. A response is
   * judged after the last `afterResponse` hook of the caller. Where there is none, it is judged before ky sees it, since
   * ky clones what it shows to such hooks; but for a condition of the caller, which ky's `timeout` must not cut.
   */
  install(): void {
    const { hooks } = this.#options;
    const { beforeRequest = [], beforeRetry = [], afterResponse = [], beforeError = [] } = hooks!;
    const asks = this.#policy.rules.some(({ needs }) => needs?.includes('time'));
    const followed = afterResponse.length > 0 || !asks ? afterResponse : [nothing];
    this.#stage = afterResponse.length > 0 ? 'hooks' : asks ? 'hook' : 'fetch';
    this.#options.retry = filledIn(this.#said, this.#policy.maxRetries);
    this.#options.fetch = (input, init) => this.#fetch(input as Request, init);
    this.#options.hooks = {
      ...hooks,
      beforeRequest: [...beforeRequest, this.#begin],
      beforeRetry: [this.#again, ...beforeRetry.map((hook) => watch(hook, this.#endedBeforeRetry))],
      afterResponse: followed.map((hook, n) => this.#followed(hook, n === followed.length - 1)),
      beforeError: [this.#end, ...beforeError],
    } as Hooks;
  }

  readonly #begin: BeforeRequestHook = ({ request, options }) => {
    this.#adopt(options);
    const call = this.#describe(askedBy(request));
    const kept = this.#said.limit !== undefined && this.#said.limit > 0;
    // A hook that sees responses may ask for a retry of its own, and ky must be able to make it.
    const carried = this.#stage === 'hooks' ? undefined : request.body;
    this.#oneShot = oneShotBody(call, { body: options.body, carried, kept }, this.#policy);
    // With a limit ky clones the request, and a clone keeps a streamed body in memory.
    if (this.#oneShot) this.#retry!.limit = 0;
  };

  /** Takes over ky's retry options, in which an init hook after ours may have changed something. */
  #adopt(options: NormalizedOptions): void {
    if (this.#retry) return;
    this.#normalized = options;
    this.#retry = options.retry;
    const changes = changesIn(this.#retry, this.#filled);
    if (changes) this.#policy = this.#policyOf({ ...this.#said, ...changes });
    this.#policy = { ...this.#policy };
    Object.assign(this.#retry, {
      backoffLimit: Infinity,
      jitter: undefined,
      shouldRetry: ({ error }: { error: Error }) => this.#judgeError(error),
      // Our own wait is over by then. What is left is a retry that another hook forces with `ky.retry()`.
      delay: (attempt: number) => (this.#pending.due ? 0 : this.#ownDelay(attempt)),
    });
  }

  async #fetch(request: Request, init: RequestInit | undefined): Promise<Response> {
    const attempt: Attempt = { request, asked: askedBy(request), sends: this.#base.record.sends };
    this.#session ??= this.#start(attempt);
    this.#open = attempt;
    this.#pending.sent();
    // ky looks at the method before it asks whether to retry; our rules do that, and say why not.
    this.#retry!.methods.push(request.method.toLowerCase() as never);
    const send = () => this.#send(request, { init, ...this.#changesFor(attempt) });
    const response = await captureOutcome(attempt, send).catch((error) => this.#judgeLast(attempt, error));
    // An answer that came after a timeout of ky belongs to no attempt.
    if (this.#open !== attempt) return response;
    return this.#isJudgedLater(response) ? response : this.#judgeResponse(attempt, response);
  }

  #start({ asked }: Attempt): Session {
    this.#observed = this.#observer?.(this.#describe(asked));
    const call = this.#describe(asked);
    this.#observed?.start(call);
    return this.#startSession(call);
  }

  /** ky calls no hook for what is no `Error`, once its limit is spent. */
  async #judgeLast(attempt: Attempt, error: unknown): Promise<never> {
    const isLast = this.#attempt > this.#retry!.limit && this.#open === attempt;
    if (!isLast || error instanceof Error) throw error;
    await this.#judge(attempt, { error, failed: true }).finally(() => this.#emitEnd({ error }));
    throw error;
  }

  /** What is no `Response` to ky is shown to no hook: ky asks about the `HTTPError` that it makes of it, if it does. */
  #isJudgedLater(response: Response): boolean {
    if (!isResponse(response)) return throwsFor(response, this.#options);
    if (this.#stage !== 'hook' || isCancellable(response)) return this.#stage !== 'fetch';
    shareOnce(response);
    return false;
  }

  /** What the layers below get to know of an attempt, as below `retry()`. */
  #changesFor(attempt: Attempt): CallChanges {
    const call = this.#describe(attempt.asked);
    const repeatable = isRepeatable(call, this.#policy);
    const retried = retriedOf({ ...this.#session!, call, repeatable }, this.#attempt);
    return { attempt: this.#attempt, retried, remaining: this.#remaining, ...this.#observation };
  }

  #followed(hook: AfterResponseHook, last: boolean): AfterResponseHook {
    return follow(hook, {
      begin: (options) => {
        this.#adopt(options);
        return this.#open;
      },
      failed: this.#endedByHook,
      forced: (attempt) => this.#passOver(attempt),
      done: async (attempt, answer) => {
        if (!last || this.#open !== attempt) return answer;
        const judged = await this.#judgeResponse(attempt, attempt.response!);
        return judged === attempt.response ? answer : judged;
      },
    });
  }

  /** What ky is to make of a response: the same, or one that it makes the `HTTPError` of a retry of. */
  async #judgeResponse(attempt: Attempt, response: Response): Promise<Response> {
    if (response.status < 400 && !this.#policy.needsGoodResponses) {
      this.#succeed(attempt, response);
      return response;
    }
    const due = await this.#judge(attempt, { response, failed: false }).catch((thrown) => this.#endWithout(thrown));
    if (!due) {
      this.#emitEnd({ response });
      return response;
    }
    keepAnswer(this.#base, response, due);
    const text = await release(response, this.#seen);
    const copy = throwsFor(response, this.#options) ? withText(response, text) : undefined;
    if (copy) return copy;
    throw new ForceRetryError({ delay: 0, code: `HTTP ${response.status}` });
  }

  /** ky asks this as `shouldRetry`. */
  async #judgeError(error: Error): Promise<boolean> {
    const attempt = this.#open;
    const outcome = attempt && outcomeOf(attempt, error);
    if (outcome) await this.#judge(attempt, outcome).catch((thrown) => this.#endWithout(thrown));
    // A timeout of ky may come while a response is judged.
    else await this.#judging?.catch(() => {});
    if (!this.#pending.isNew) {
      if (this.#pending.aborted) this.#emitEndUnlessError(abortReason(this.#options.signal!));
      else if (outcome?.failed) this.#emitEndUnlessError(outcome.error);
      return false;
    }
    await this.#wait();
    return true;
  }

  /** Emits the end of a call that rejects with what is no `Error`: ky calls no hook for that. */
  #emitEndUnlessError(thrown: unknown): void {
    if (!(thrown instanceof Error)) this.#emitEnd({ error: thrown });
  }

  #endWithout(thrown: unknown): never {
    this.#emitEndUnlessError(thrown);
    throw thrown;
  }

  /** ky calls no hook for an error that ends the wait. */
  async #wait(): Promise<void> {
    try {
      await this.#pending.wait();
    } catch (error) {
      this.#emitEnd({ error });
      throw error;
    }
  }

  /** The decision to repeat the attempt, if that is it. The hooks are called here. */
  #judge(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    this.#judging = this.#decide(attempt, outcome);
    return this.#judging;
  }

  async #decide(attempt: Attempt, outcome: Outcome): Promise<Retry | undefined> {
    const session = this.#enter(attempt, outcome.error);
    this.#pending.settle();
    if (this.#pending.aborted) return undefined;
    // A hook of the caller may have lowered it meanwhile.
    if (!this.#oneShot) this.#policy.maxRetries = this.#retry!.limit;
    const failure = new FailedAttempt(session, this.#attempt, outcome, this.#base.record.sends > attempt.sends);
    const decision = await handleFailure(failure);
    if (decision.retry) this.#pending.announce(failure, decision);
    // An observer may have done it.
    if (this.#pending.aborted) throwIfAborted(this.#options.signal!);
    if (this.#over) this.#stop('deadline', undefined);
    return this.#pending.due;
  }

  #succeed(attempt: Attempt, response: Response): void {
    const session = this.#enter(attempt);
    this.#pending.settle();
    if (!this.#pending.aborted) recordSuccess(session, this.#attempt, response);
    this.#emitEnd({ response });
  }

  /** An attempt that a hook of the caller repeats, whatever came of it. */
  #passOver(attempt: Attempt): void {
    const outcome: Outcome = { response: attempt.response!, failed: false };
    recordAttempt(this.#enter(attempt), this.#attempt, outcome);
    // ky calls no hook for an abort during its own wait.
    this.#forgetAbort = onAbort(this.#options.signal ?? undefined, (reason) => this.#emitEndUnlessError(reason));
  }

  /** The session, in which the call is now what this attempt has sent. */
  #enter(attempt: Attempt, error?: unknown): Session {
    this.#open = undefined;
    const { parseJson } = this.#options;
    const origin = { request: attempt.request, options: this.#normalized, parseJson };
    const call = rememberOrigin(this.#describe(attempt.asked, error), origin);
    return Object.assign(this.#session!, { call, repeatable: isRepeatable(call, this.#policy) });
  }

  #startSession(call: Call): Session {
    return startSession(call, this.#policy, isRepeatable(call, this.#policy), this.#startedAt);
  }

  /** Our wait before an attempt that the caller forces. */
  #ownDelay(attempt: number): number {
    const session = this.#session ?? this.#startSession(this.#base);
    return ownDelay(new FailedAttempt({ ...session, lastRetry: undefined }, attempt, undefined));
  }

  /** Before the hooks of the caller, and again for a retry that ky did not ask us about. */
  readonly #again: BeforeRetryHook = async ({ options, retryCount }) => {
    this.#adopt(options);
    await this.#wait();
    this.#forgetAbort();
    this.#attempt = retryCount + 1;
  };

  /** Sees what ends the call. ky does not ask about a failure once its limit is spent, so it may be news. */
  readonly #end: BeforeErrorHook = async ({ error }) => {
    const attempt = this.#open;
    const outcome = attempt && outcomeOf(attempt, error);
    this.#over = true;
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
  };

  readonly #endedByHook = (error: unknown): void => {
    this.#stop('predicate', error);
    this.#emitEndUnlessError(error);
  };

  /** ky calls no other hook when a `beforeRetry` hook ends the call. */
  readonly #endedBeforeRetry = (error: unknown): void => {
    this.#stop('predicate', error);
    this.#emitEnd({ error });
  };

  #stop(reason: GiveUpReason, error: unknown): void {
    this.#pending.stop(reason, error, { attempt: this.#attempt, response: this.#open?.response });
  }

  get #observation(): Pick<CallChanges, 'observed'> {
    return this.#observed ? { observed: this.#observed.observed } : {};
  }

  /** Emits how the call ends, once. */
  #emitEnd(ending: { response?: Response; error?: unknown }): void {
    if (this.#hasEnded || !this.#session) return;
    this.#hasEnded = true;
    this.#forgetAbort();
    const { response } = ending;
    this.#observed?.end(this.#session.call, { ...(response && { status: response.status }), ...ending });
  }

  #describe(asked: Asked, error?: unknown): Call {
    const { signal } = this.#options;
    const call = callOf(asked, { base: this.#base, signal, error, body: this.#oneShot });
    return call.with({ remaining: this.#remaining, ...this.#observation });
  }
}

const nothing: AfterResponseHook = () => {};
