import type { Call, Fetch, Outcome } from '@steadfetch/core';
import { type Policy, Series } from '@steadfetch/retry';
import ky, { type AfterResponseHook, type BeforeErrorHook, type BeforeRequestHook, type Hooks, type Options } from 'ky';
import { type Attempt, noting, outcomeOf, withHistory } from './attempt.ts';
import { remainingOf } from './deadline.ts';
import { callOf, oneShotBody } from './describe.ts';
import { lend } from './lend.ts';
import { release, throwsFor, withText } from './retried-response.ts';

/** ky looks at the method before it asks whether to retry; our rules do that, and say why not. */
const EVERY_METHOD = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace', 'query'];

/** One call of ky as its own loop drives it: every hook and closure here belongs to this call alone. */
export class KyCall {
  readonly #options: Options;
  readonly #policy: Policy;
  readonly #startedAt: number;
  readonly #remaining: () => number;
  #series!: Series;
  #oneShot: BodyInit | undefined;
  /** The attempt nobody has judged yet. A response that a hook made up, or an error that a hook threw, finds none. */
  #open: Attempt | undefined;
  /** Whether ky's HTTPError stands for a response that is to be retried, and what its body says. */
  #verdict = false;
  #text: string | Promise<string> = '';
  #waited = false;

  constructor(options: Options, policy: Policy) {
    this.#options = options;
    this.#policy = policy;
    this.#startedAt = policy.clock.now();
    this.#remaining = remainingOf(options, policy.clock);
  }

  /** Our hooks see a request and a response last, after those that change it, and an error first, before it is replaced. */
  install(): void {
    const { hooks, fetch } = this.#options as Options & { hooks: Hooks };
    const send = lend(fetch, () => ({ attempt: this.#series.attempt, retried: true, remaining: this.#remaining }));
    this.#options.fetch = (input, init) => this.#send(send, input as Request, init);
    this.#options.hooks = {
      ...hooks,
      beforeRequest: [...(hooks.beforeRequest ?? []), this.#begin],
      afterResponse: [...(hooks.afterResponse ?? []), this.#judgeResponse],
      beforeError: [this.#end, ...(hooks.beforeError ?? [])],
    };
    this.#options.retry = {
      limit: this.#policy.limits.total,
      methods: EVERY_METHOD,
      shouldRetry: ({ error, retryCount }) => this.#judgeError(error, retryCount - 1),
      // Our own wait is over by then. What is left is a retry that another hook forces with `ky.retry()`.
      delay: (attempt) => (this.#waited ? 0 : this.#policy.delay({ attempt, previousDelay: 0 })),
    };
  }

  readonly #begin: BeforeRequestHook = ({ request, options }) => {
    const { retry, body } = options;
    const limits = { ...this.#policy.limits, total: retry.limit };
    const call = this.#callOf(request);
    this.#series = new Series(call, { ...this.#policy, limits }, this.#startedAt);
    this.#oneShot = oneShotBody(call, { body, carried: request.body }, this.#policy);
    // With a limit ky clones the request, and a clone keeps a streamed body in memory.
    if (this.#oneShot) retry.limit = 0;
    retry.methods.push(request.method.toLowerCase());
  };

  #send(send: Fetch, request: Request, init: RequestInit | undefined): Promise<Response> {
    this.#open = { request };
    this.#verdict = this.#waited = false;
    return noting(this.#open, () => send(request, init));
  }

  readonly #judgeResponse: AfterResponseHook = async ({ response, retryCount }) => {
    if (!this.#open) return undefined;
    if (response.status < 400 && !this.#policy.inspect) return this.#succeed(response, retryCount);
    // The caller gets the very object that the history is kept for.
    if (!(await this.#judge({ response, failed: false }, retryCount))) return response;
    if (!throwsFor(response, this.#options)) return ky.retry({ delay: 0, code: `HTTP ${response.status}` });
    this.#verdict = true;
    return withText(response, await this.#text);
  };

  #succeed(response: Response, retryCount: number): Response | undefined {
    this.#open = undefined;
    this.#series.attempt = retryCount + 1;
    this.#series.succeeded({ response, failed: false });
    return retryCount > 0 ? response : undefined;
  }

  async #judgeError(error: Error, retryCount: number): Promise<boolean> {
    const outcome = this.#open && outcomeOf(this.#open, error);
    this.#waited = outcome ? await this.#judge(outcome, retryCount) : this.#verdict;
    return this.#waited;
  }

  /** Sees what ends the call. ky does not ask about a failure once its limit is spent, so it may be news. */
  readonly #end: BeforeErrorHook = async ({ error, retryCount }) => {
    const outcome = this.#open && outcomeOf(this.#open, error);
    if (outcome) await this.#judge(outcome, retryCount);
    return withHistory(error);
  };

  async #judge(outcome: Outcome, retryCount: number): Promise<boolean> {
    const series = this.#series;
    series.attempt = retryCount + 1;
    series.call = this.#callOf(this.#open!.request, outcome.error);
    this.#open = undefined;
    const decision = await series.failed(outcome);
    if (!decision.retry) return false;
    if (outcome.response) this.#text = release(outcome.response, this.#options);
    await series.wait(decision, outcome);
    return true;
  }

  #callOf(request: Request, error?: unknown): Call {
    const { signal } = this.#options;
    return callOf(request, { signal, error, body: this.#oneShot }).with({ remaining: this.#remaining });
  }
}
