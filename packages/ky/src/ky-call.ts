import { Call, type Next } from '@steadfetch/core';
import type { Policy } from '@steadfetch/retry/engine';
import ky, {
  type AfterResponseHook,
  type BeforeErrorHook,
  type BeforeRequestHook,
  type BeforeRetryHook,
  ForceRetryError,
  type Hooks,
  isForceRetryError,
  type NormalizedOptions,
  type Options,
  type RetryOptions,
} from 'ky';
import { type Attempt, captureOutcome } from './attempt.ts';
import { Attempts } from './attempts.ts';
import { entryOf, withoutOurs } from './call-context.ts';
import { CallState } from './call-state.ts';
import { run, watch } from './caller-hooks.ts';
import { asObject, NOT_BY_KY, noteOriginal, originalOf, setForKy } from './ky-retry.ts';
import { isCancellable, isResponse, release, shareOnce, throwsFor, withText } from './retried-response.ts';

type PolicyOf = (retry: Options['retry']) => Policy;

/**
 * Drives ky's own loop for one call: the rules of `retry` decide, and ky sends. All hooks and closures here belong to this call alone.
 *
 * | ky calls        | what we do there                                               | the call may end there with              |
 * | --------------- | -------------------------------------------------------------- | ---------------------------------------- |
 * | `beforeRequest` | `#note` first; `#prepare` last, when option and body are final |                                          |
 * | `fetch`         | `#fetch` sends an attempt; judges a response that no hook gets | the response; a value that is no `Error` |
 * | `afterResponse` | `#wrap` wraps the caller's hooks; judges after the last one    | the response; an error of a hook         |
 * | `shouldRetry`   | `state.judgeError` judges an error, and waits                  | an abort                                 |
 * | `delay`         | `state.delay`: 0 after our wait, else our backoff              | an abort while ky waits                  |
 * | `beforeRetry`   | `state.beforeRetry` first: waits if ky skipped `shouldRetry`   | an abort; what a hook decides            |
 * | `beforeError`   | `state.end` first: judges if ky skipped `shouldRetry`          | an `Error`                               |
 *
 * ky skips `shouldRetry` once its limit or `totalTimeout` is used up. It skips `beforeError` for a value that is not an `Error`, and for
 * an error that a `beforeRetry` hook throws.
 */
export class KyCall {
  readonly #options: Options;
  /** ky's own `retry` option as the caller wrote it, when our `init` hook ran. */
  readonly #initial: RetryOptions;
  /** The same with later changes by hooks of the caller. */
  #original: RetryOptions;
  readonly #policyOf: PolicyOf;
  readonly #policy: Policy;
  readonly #attempts: Attempts;
  readonly #state: CallState;
  readonly #send: Next;
  /** Whether the body of a retried response is read: ky passes it to `parseJson`, and a `beforeRetry` hook may read `error.data`. */
  readonly #needsData: boolean;
  #normalized: NormalizedOptions | undefined;
  /** Where a response is judged: after `afterResponse` hooks of the caller, in an empty one of ours, or in `fetch`. */
  #judgedIn: 'caller' | 'own' | 'fetch' = 'fetch';

  constructor(options: Options, policyOf: PolicyOf, meta?: unknown) {
    this.#options = options;
    this.#policyOf = policyOf;
    this.#policy = policyOf(options.retry);
    this.#initial = asObject(options.retry);
    this.#original = this.#initial;
    this.#attempts = new Attempts(options, this.#policy, meta);
    this.#state = new CallState(this.#attempts);
    this.#send = entryOf(options.fetch);
    this.#needsData = options.parseJson !== undefined || (options.hooks!.beforeRetry ?? []).length > 0;
  }

  /**
   * Adds our hooks to the options. Ours see a request last, after the hooks that change it, and an error first, before a hook replaces it.
   * We judge a response after the last `afterResponse` hook of the caller. If there is none, we judge in `fetch`, because ky clones each
   * response that it shows to such a hook. A rule that needs time, such as `shouldRetry`, cannot run in `fetch`, where ky's `timeout` is
   * still running: then we add an empty hook, and judge after it.
   */
  install(): void {
    const { hooks } = this.#options;
    const { beforeRequest = [], beforeRetry = [], afterResponse = [], beforeError = [] } = hooks!;
    const needsTime = this.#policy.rules.some(({ needs }) => needs?.includes('time'));
    const wrapped = afterResponse.length > 0 || !needsTime ? afterResponse : [() => {}];
    this.#judgedIn = afterResponse.length > 0 ? 'caller' : needsTime ? 'own' : 'fetch';
    this.#options.retry = noteOriginal({ ...this.#original, limit: this.#policy.maxRetries }, this.#original);
    this.#options.fetch = (input, init) => this.#fetch(input as Request, init);
    const beforeOthers: BeforeRetryHook = ({ retryCount }) => this.#state.beforeRetry(retryCount + 1);
    const stop = (error: unknown) => this.#state.stopByHook(error, true);
    const end: BeforeErrorHook = ({ error }) => this.#state.end(error);
    this.#options.hooks = {
      ...hooks,
      beforeRequest: [this.#note, ...beforeRequest, this.#prepare],
      beforeRetry: [beforeOthers, ...beforeRetry.map((hook) => watch(hook, stop))],
      afterResponse: wrapped.map((hook, n) => this.#wrap(hook, n === wrapped.length - 1)),
      beforeError: [end, ...beforeError],
    } as Hooks;
  }

  /** Runs first after all `init` hooks. One that ran after ours may have changed the `retry` option, or replaced it. */
  readonly #note: BeforeRequestHook = ({ options }) => {
    const now = originalOf(this.#options.retry);
    if (now !== this.#original) {
      this.#original = asObject(now);
      // ky has put its own default there
      if (this.#original.limit === undefined) options.retry.limit = this.#policyOf(this.#original).maxRetries;
    }
    noteOriginal(options.retry, this.#original);
  };

  readonly #prepare: BeforeRequestHook = ({ request, options }) => {
    this.#readRetryOption(options);
    // An `afterResponse` hook of the caller may force a retry, which ky can make only of a request that it has cloned.
    const stream = this.#judgedIn === 'caller' ? undefined : request.body;
    const mayKeep = this.#original.limit !== undefined && this.#original.limit > 0;
    if (this.#attempts.keepBody(request, { body: options.body, stream, mayKeep })) this.#setRetry({ limit: NOT_BY_KY });
  };

  /** Reads ky's copy of the `retry` option, which `beforeRequest` hooks of the caller may have changed, and makes ky's loop ask us. */
  #readRetryOption(options: NormalizedOptions): void {
    if (this.#normalized) return;
    this.#normalized = options;
    const original = originalOf(options.retry) as RetryOptions;
    if (original !== this.#original) noteOriginal(options.retry, original);
    this.#original = original;
    const policy = this.#original === this.#initial ? this.#policy : this.#policyOf(this.#original);
    this.#attempts.setPolicy(policy, options.retry);
    this.#setRetry({
      backoffLimit: Infinity,
      jitter: undefined,
      // Where an `init` hook has put another `fetch` or other hooks in the place of ours, ky judges.
      shouldRetry: (failed) =>
        this.#attempts.session ? this.#state.judgeError(failed.error) : original.shouldRetry?.(failed),
      delay: (attempt) => this.#state.delay(attempt),
    });
  }

  #setRetry(changes: RetryOptions): void {
    setForKy(this.#normalized!.retry, changes);
  }

  async #fetch(request: Request, init: RequestInit | undefined): Promise<Response> {
    const attempts = this.#attempts;
    const state = this.#state;
    const options = this.#normalized;
    // an `init` hook has taken our hooks away: ky's own loop retries
    if (!options) return this.#send(Call.from(request, withoutOurs(init)));
    const attempt = attempts.begin({ request, options, parseJson: this.#options.parseJson });
    state.sent();
    // ky checks the method before it calls `shouldRetry`. Our rules check it themselves, and give a reason.
    this.#setRetry({ methods: [...options.retry.methods, request.method.toLowerCase() as never] });
    const send = async () => this.#send(attempts.callToSend(attempt, withoutOurs(init)));
    try {
      const response = await captureOutcome(attempt, send).catch((error) => state.judgeLast(attempt, error));
      // A response that comes after ky's timeout belongs to no attempt.
      if (attempts.open !== attempt || this.#isJudgedLater(response)) return response;
      return await this.#judge(attempt, response);
    } finally {
      attempt.isAnswered = true;
    }
  }

  /** Whether the response is judged after `fetch`. A value that ky does not recognize as a `Response` is, if ky makes an `HTTPError` of it. */
  #isJudgedLater(response: Response): boolean {
    if (!isResponse(response)) return throwsFor(response, this.#options);
    if (this.#judgedIn !== 'own' || isCancellable(response)) return this.#judgedIn !== 'fetch';
    shareOnce(response);
    return false;
  }

  /** Wraps an `afterResponse` hook of the caller to learn what the hook does with the response. Judges the response after the last hook. */
  #wrap(hook: AfterResponseHook, isLast: boolean): AfterResponseHook {
    const attempts = this.#attempts;
    const state = this.#state;
    return async (hookState) => {
      this.#readRetryOption(hookState.options);
      const attempt = attempts.open;
      if (!attempt?.response) return hook(hookState);
      const answer = await run(hook, hookState, (error) =>
        isForceRetryError(error) ? state.forced(attempt) : state.stopByHook(error),
      );
      if (answer instanceof ky.retry().constructor) {
        state.forced(attempt);
        return answer;
      }
      if (isResponse(answer)) attempt.response = answer;
      if (!isLast || attempts.open !== attempt) return answer;
      const judged = await this.#judge(attempt, attempt.response);
      return judged === attempt.response ? answer : judged;
    };
  }

  /** Returns the response if it ends the call. For a retry, returns a copy for which ky throws an `HTTPError`, or throws a `ForceRetryError`. */
  async #judge(attempt: Attempt, response: Response): Promise<Response> {
    if (!(await this.#state.judgeResponse(attempt, response))) return response;
    const text = await release(response, this.#needsData);
    const copy = throwsFor(response, this.#options) ? withText(response, text) : undefined;
    if (copy) return copy;
    throw new ForceRetryError({ delay: 0, code: `HTTP ${response.status}` });
  }
}
