import {
  type Call,
  defineMiddleware,
  type EventOf,
  type LastAnswer,
  type Layer,
  type Middleware,
  monotonic,
  type Outcome,
  throwIfAborted,
} from '@steadfetch/core';
import {
  checkFunction,
  checkString,
  isElsewhere,
  isLast,
  keyOption,
  limitFields,
  type OptionTable,
  optionError,
  pathOf,
  readOptions,
  retryAfterOf,
  Turns,
} from '@steadfetch/core/kit';
import { type Breaker, type BreakerOptions, type BreakerSettings, breakerOptions, startBreaker } from './breaker.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import type { CircuitAttempt } from './permit.ts';
import { type IsFailure, verdictOf } from './verdict.ts';

export interface CircuitBreakerOptions extends BreakerOptions {
  /** Which circuit a call belongs to. @default (call) => call.origin */
  key?: (call: Call) => string;
  /** Overrides the default rules for an outcome; with `undefined` they apply. Synchronous. */
  isFailure?: IsFailure;
  /** A `breaker()` to use. It has its own rule, times, clock and hooks. */
  breaker?: Breaker;
}

const OPTIONS = {
  key: keyOption,
  isFailure: { check: checkFunction },
  breaker: { check: checkBreaker },
  ...breakerOptions,
} satisfies OptionTable<CircuitBreakerOptions>;

/** The options as data: what each may be, and its default. */
export const circuitBreakerOptions: OptionTable<CircuitBreakerOptions> = OPTIONS;

const LAYER: Layer = {
  name: 'circuitBreaker',
  mustBeInside: [['retry', 'it opens too late']],
};

/** The middleware, with its breaker. */
export interface CircuitBreakerMiddleware extends Middleware {
  readonly breaker: Breaker;
}

/**
 * Refuses calls to a service that is down, and probes it until it is back.
 *
 * By default it opens when at least ten calls have failed and none has succeeded; inside `retry` this must last for ten seconds. It
 * then refuses calls at once, except for a probe after each open time. The first success closes it. A call counts once as failed, at
 * its first failed attempt. If a later attempt succeeds, that failure is taken back.
 *
 * Server errors, network errors and timeouts are failures. Some outcomes are neutral, since they say nothing about the server: a 429,
 * an abort by the caller, a request that was not sent, a request body that breaks, a machine that is offline, a failure of another
 * origin. Any other answer is a success. A response body that breaks later is not noticed.
 *
 * @throws CircuitOpenError for a call that is not made
 * @example
 * const fetchUser = compose(retry(), circuitBreaker(), timeout(10_000))(fetch);
 */
export function circuitBreaker(options?: CircuitBreakerOptions): CircuitBreakerMiddleware {
  const { key, isFailure, breaker: given, ...own } = readOptions('circuitBreaker', OPTIONS, options);
  const settings = own as BreakerSettings;
  const { clock } = settings;
  if (given) checkNotDoubled(options!);
  const breaker = given ?? startBreaker(settings);
  const now = monotonic(clock);
  const turns = new Turns(clock);
  const middleware = defineMiddleware((call, next) => {
    throwIfAborted(call.signal);
    const name = checkString('circuitBreaker: key()', key(call));
    const permit = breaker.acquire(name, new CallAttempt(call));
    if (!permit) {
      emit(call, 'refused', breaker, name);
      return turns.refuse(() => refusal(breaker, name, call), call.signal);
    }
    if (permit.probe) emit(call, 'probe', breaker, name);
    if (permit.closed) emit(call, 'closed', breaker, name);
    const { sends } = call.record;
    const startedAt = isLast(call) ? now() : undefined;
    const report = (outcome: Outcome) => {
      try {
        const facts = { sends, uncutFor: startedAt === undefined ? 0 : now() - startedAt };
        const verdict = verdictOf(outcome, call, facts, isFailure);
        const answer = verdict === 'failure' ? answerOf(outcome, clock.now()) : undefined;
        const change = permit.settle(verdict, answer, outcome.failed || !isElsewhere(outcome.response, call));
        if (change) emit(call, change, breaker, name);
      } catch {
        // a custom rule or response may throw; the caller gets the outcome nevertheless
        permit.settle('neutral');
      }
    };
    return Promise.resolve(next(call)).then(
      (response) => {
        report({ response, failed: false });
        return response;
      },
      (error) => {
        report({ error, failed: true });
        throw error;
      },
    );
  }, LAYER);
  return Object.assign(middleware, { breaker });
}

/** Emits an event about the circuit of a call, with the circuit's snapshot. */
function emit(call: Call, action: EventOf<'circuit'>['action'], breaker: Breaker, key: string): void {
  call.observed?.emit(call, { type: 'circuit', action, ...breaker.snapshot(key) });
}

/** One attempt, as the breaker sees it. It reads the path only if needed. */
class CallAttempt implements CircuitAttempt {
  readonly #call: Call;
  readonly call: object;
  readonly retried: boolean;

  constructor(call: Call) {
    this.#call = call;
    this.call = call.record;
    this.retried = call.retried !== false;
  }

  get aborted(): boolean {
    return this.#call.signal?.aborted === true;
  }

  get thing(): string {
    return `${this.#call.method} ${pathOf(this.#call.url).slice(0, MAX_PATH_LENGTH)}`;
  }

  /** The method and the route: a star replaces each path segment that looks like an identifier. */
  get part(): string {
    return this.thing.replace(/[^/]*\d[^/]*|[^/]{40,}/g, '*');
  }
}

const MAX_PATH_LENGTH = 500;

function refusal(breaker: Breaker, key: string, { record }: Call): CircuitOpenError {
  const { retryAfter, lastAnswer } = breaker.snapshot(key);
  return new CircuitOpenError({ key, retryAfter, lastAnswer: record.lastAnswer ?? lastAnswer });
}

/** The answer, as the errors of other calls may show it: of its fields only those about limits. */
function answerOf({ response }: Outcome, now: number): LastAnswer | undefined {
  if (response === undefined) return undefined;
  const { status } = response;
  const retryAfter = retryAfterOf(response, now);
  return { status, headers: limitFields(response.headers), ...(retryAfter !== undefined && { retryAfter }) };
}

function checkBreaker(option: string, breaker: Breaker): Breaker {
  if (typeof breaker?.acquire === 'function' && typeof breaker.snapshot === 'function') return breaker;
  throw optionError(option, 'a breaker()', breaker);
}

/** Throws for an option that belongs to the breaker that was passed. */
function checkNotDoubled(options: BreakerOptions): void {
  const names = Object.keys(breakerOptions) as (keyof BreakerOptions)[];
  const doubled = names.find((name) => options[name] !== undefined);
  if (doubled) throw new TypeError(`circuitBreaker: ${doubled}: belongs to the breaker that was passed, give it there`);
}
