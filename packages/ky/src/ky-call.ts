import type { Next } from '@steadfetch/core';
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
import { asObject, NOT_BY_KY, noteSaid, saidIn, setForKy } from './ky-retry.ts';
import { isCancellable, isResponse, release, shareOnce, throwsFor, withText } from './retried-response.ts';

type PolicyOf = (retry: Options['retry']) => Policy;

/**
 * One call of ky as its own loop drives it: every hook and closure here belongs to this call alone.
 *
 * | ky calls        | what happens here                                                | the call may end with            |
 * | --------------- | ---------------------------------------------------------------- | -------------------------------- |
 * | `beforeRequest` | `#prepare`, the last: `retry` option and body are final          |                                  |
 * | `fetch`         | `#fetch` sends an attempt, and judges a response no hook sees    | the response; what is no `Error` |
 * | `afterResponse` | `#follow`, each of the caller; after the last one it judges      | the response; what a hook throws |
 * | `shouldRetry`   | `state.judgeError` judges an error, and waits                    | an abort                         |
 * | `delay`         | `state.delay`: 0 after our wait, else our backoff                | an abort while ky waits          |
 * | `beforeRetry`   | `state.again`, the first: waits where ky did not ask; then `watch` | an abort; a hook's own end     |
 * | `beforeError`   | `state.end`, the first: judges what ky did not ask about         | an `Error`                       |
 *
 * ky asks no `shouldRetry` once its limit or `totalTimeout` is spent. It calls no `beforeError` hook for what is no `Error`, nor
 * for what a `beforeRetry` hook throws.
 */
export class KyCall {
  readonly #options: Options;
  /** What ky's own `retry` option says: as our `init` hook found it, and now. */
  readonly #given: RetryOptions;
  #said: RetryOptions;
  readonly #policyOf: PolicyOf;
  readonly #policy: Policy;
  readonly #attempts: Attempts;
  readonly #state: CallState;
  readonly #send: Next;
  /** Whether somebody may look at `error.data` before a retry. */
  readonly #seen: boolean;
  #normalized: NormalizedOptions | undefined;
  /** Which hooks see a response before it is judged: those of the caller, one of ours, or none. */
  #stage: 'hooks' | 'hook' | 'fetch' = 'fetch';

  constructor(options: Options, policyOf: PolicyOf, meta?: unknown) {
    this.#options = options;
    this.#policyOf = policyOf;
    this.#policy = policyOf(options.retry);
    this.#given = asObject(options.retry);
    this.#said = this.#given;
    this.#attempts = new Attempts(options, this.#policy, meta);
    this.#state = new CallState(options, this.#attempts);
    this.#send = entryOf(options.fetch);
    this.#seen = (options.hooks!.beforeRetry ?? []).length > 0;
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
    const followed = afterResponse.length > 0 || !asks ? afterResponse : [() => {}];
    this.#stage = afterResponse.length > 0 ? 'hooks' : asks ? 'hook' : 'fetch';
    this.#options.retry = noteSaid({ ...this.#said, limit: this.#policy.maxRetries }, this.#said);
    this.#options.fetch = (input, init) => this.#fetch(input as Request, init);
    const again: BeforeRetryHook = ({ retryCount }) => this.#state.again(retryCount + 1);
    const stop = (error: unknown) => this.#state.stopByHook(error, true);
    const end: BeforeErrorHook = ({ error }) => this.#state.end(error);
    this.#options.hooks = {
      ...hooks,
      beforeRequest: [this.#note, ...beforeRequest, this.#prepare],
      beforeRetry: [again, ...beforeRetry.map((hook) => watch(hook, stop))],
      afterResponse: followed.map((hook, n) => this.#follow(hook, n === followed.length - 1)),
      beforeError: [end, ...beforeError],
    } as Hooks;
  }

  /** The first after the `init` hooks, of which one after ours may have changed the `retry` option or put another in its place. */
  readonly #note: BeforeRequestHook = ({ options }) => {
    const known = saidIn(this.#options.retry);
    if (known !== this.#said) this.#said = asObject(known);
    noteSaid(options.retry, this.#said);
  };

  readonly #prepare: BeforeRequestHook = ({ request, options }) => {
    this.#adopt(options);
    // A hook that sees responses may ask for a retry of its own, and ky must be able to make it.
    const carried = this.#stage === 'hooks' ? undefined : request.body;
    const kept = this.#said.limit !== undefined && this.#said.limit > 0;
    if (this.#attempts.prepare(request, { body: options.body, carried, kept })) this.#set({ limit: NOT_BY_KY });
  };

  /** Takes over ky's copy of the retry option, in which other `beforeRequest` hooks may have changed something. */
  #adopt(options: NormalizedOptions): void {
    if (this.#normalized) return;
    this.#normalized = options;
    const said = saidIn(options.retry) as RetryOptions;
    if (said !== this.#said) noteSaid(options.retry, said);
    this.#said = said;
    const policy = this.#said === this.#given ? this.#policy : this.#policyOf(this.#said);
    this.#attempts.adopt(policy, options.retry);
    this.#set({
      backoffLimit: Infinity,
      jitter: undefined,
      shouldRetry: ({ error }) => this.#state.judgeError(error),
      delay: (attempt) => this.#state.delay(attempt),
    });
  }

  /** Changes the option for ky's loop. */
  #set(changes: RetryOptions): void {
    setForKy(this.#normalized!.retry, changes);
  }

  async #fetch(request: Request, init: RequestInit | undefined): Promise<Response> {
    const attempts = this.#attempts;
    const state = this.#state;
    const options = this.#normalized!;
    const attempt = attempts.begin({ request, options, parseJson: this.#options.parseJson });
    state.sent();
    // ky looks at the method before it asks whether to retry; our rules do that, and say why not.
    this.#set({ methods: [...options.retry.methods, request.method.toLowerCase() as never] });
    const send = async () => this.#send(attempts.callToSend(attempt, withoutOurs(init)));
    try {
      const response = await captureOutcome(attempt, send).catch((error) => state.judgeLast(attempt, error));
      // What comes after a timeout of ky belongs to no attempt.
      if (attempts.open !== attempt || this.#isJudgedLater(response)) return response;
      return await this.#judge(attempt, response);
    } finally {
      attempt.isAnswered = true;
    }
  }

  /** What is no `Response` to ky is shown to no hook: ky asks about the `HTTPError` that it makes of it, if it does. */
  #isJudgedLater(response: Response): boolean {
    if (!isResponse(response)) return throwsFor(response, this.#options);
    if (this.#stage !== 'hook' || isCancellable(response)) return this.#stage !== 'fetch';
    shareOnce(response);
    return false;
  }

  /** An `afterResponse` hook of the caller, followed for what becomes of the response, which is judged after the last of them. */
  #follow(hook: AfterResponseHook, last: boolean): AfterResponseHook {
    const attempts = this.#attempts;
    const state = this.#state;
    return async (seen) => {
      this.#adopt(seen.options);
      const attempt = attempts.open;
      if (!attempt?.response) return hook(seen);
      const answer = await run(hook, seen, (error) =>
        isForceRetryError(error) ? state.passOver(attempt) : state.stopByHook(error),
      );
      if (answer instanceof ky.retry().constructor) {
        state.passOver(attempt);
        return answer;
      }
      if (isResponse(answer)) attempt.response = answer;
      if (!last || attempts.open !== attempt) return answer;
      const judged = await this.#judge(attempt, attempt.response);
      return judged === attempt.response ? answer : judged;
    };
  }

  /** What ky is to make of a response: the same, or one that it makes the `HTTPError` of a retry of. */
  async #judge(attempt: Attempt, response: Response): Promise<Response> {
    if (!(await this.#state.judgeResponse(attempt, response))) return response;
    const text = await release(response, this.#seen);
    const copy = throwsFor(response, this.#options) ? withText(response, text) : undefined;
    if (copy) return copy;
    throw new ForceRetryError({ delay: 0, code: `HTTP ${response.status}` });
  }
}
