import {
  type Call,
  defineMiddleware,
  type LastAnswer,
  type Layer,
  type Middleware,
  monotonic,
  type Outcome,
  systemClock,
  throwIfAborted,
} from '@steadfetch/core';
import { checkFunction, checkKey, checkNames, copyFields, pathOf } from '@steadfetch/core/kit';
import { serverDelay } from '@steadfetch/server-hints';
import { BREAKER_NAMES, type Breaker, type BreakerOptions, startBreaker } from './breaker.ts';
import type { CircuitAttempt } from './circuit.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import { type IsFailure, isUncut, verdictOf } from './verdict.ts';

export interface CircuitBreakerOptions extends BreakerOptions {
  /** Which circuit a call belongs to. @default (call) => call.origin */
  key?: (call: Call) => string;
  /** Overrides the default rules for one outcome; `undefined` leaves it to them. Must answer at once. */
  isFailure?: IsFailure;
  /** State made with `breaker()`, to share or to read. It brings its own rule, times, clock and hooks. */
  breaker?: Breaker;
}

/** A middleware whose state can be read. */
export interface CircuitBreakerMiddleware extends Middleware {
  readonly breaker: Breaker;
}

/**
 * Stops calling a service that is away, and finds out when it is back.
 *
 * By default it opens when at least ten calls failed and none succeeded, inside `retry` for ten seconds. Calls are then
 * refused at once, but for a probe after each open time; the first success closes the circuit. A call counts once, with
 * its first attempt that fails, and no more once one succeeds.
 *
 * Server errors, network errors and timeouts are failures. Neutral is what says nothing about the server: 429, aborts
 * by the caller, what was not sent, an own body that breaks, a machine that is offline, an answer of another origin. Any
 * other answer is a success. What happens to a body after its headers arrived is not seen.
 *
 * @throws CircuitOpenError for a call that is not made
 * @example
 * const fetchUser = compose(retry(), circuitBreaker(), timeout(2_000))(fetch);
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreakerMiddleware {
  checkNames('circuitBreaker', options, ['key', 'isFailure', 'breaker', ...BREAKER_NAMES]);
  const { key = originOfCall, isFailure, clock = systemClock } = options;
  checkFunction('circuitBreaker: key', key);
  if (isFailure !== undefined) checkFunction('circuitBreaker: isFailure', isFailure);
  const breaker = breakerOf(options);
  const now = monotonic(clock);
  const middleware = defineMiddleware((call, next) => {
    throwIfAborted(call.signal);
    const name = checkKey('circuitBreaker: key', key(call));
    const permit = breaker.acquire(name, new AttemptOf(call));
    if (!permit) throw refusal(breaker, name, call);
    const { sends } = call.record;
    const startedAt = isUncut(call) ? now() : undefined;
    const report = (outcome: Outcome) => {
      try {
        const verdict = verdictOf(
          outcome,
          call,
          { sends, uncutFor: startedAt === undefined ? undefined : now() - startedAt },
          isFailure,
        );
        permit.settle(verdict, verdict === 'failure' ? answerOf(outcome, clock.now()) : undefined);
      } catch {
        // a rule or a response of another make: the outcome is the caller's all the same
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
  }, layer());
  return Object.assign(middleware, { breaker });
}

/** One attempt as a breaker sees it. */
class AttemptOf implements CircuitAttempt {
  readonly #call: Call;
  readonly call: object;
  readonly retried: boolean;

  constructor(call: Call) {
    this.#call = call;
    this.call = call.record;
    this.retried = call.retried !== false;
  }

  /** The method and the route, where what looks like an identifier is a star. */
  get part(): string {
    const route = pathOf(this.#call.url)
      .slice(0, LONGEST_PATH)
      .replace(/[^/]*[\d\p{C}][^/]*|[^/]{40,}/gu, '*');
    return `${this.#call.method} ${route}`;
  }
}

const LONGEST_PATH = 500;

function refusal(breaker: Breaker, key: string, { record }: Call): CircuitOpenError {
  const { retryAfter, lastAnswer } = breaker.snapshot(key);
  const answer = record.lastAnswer ?? lastAnswer;
  return new CircuitOpenError({ key, retryAfter, ...(answer && { lastAnswer: answer }) });
}

const LIMIT_FIELD = /^(?:retry-after|x-ms-retry-after|date$|(?:x-|anthropic-)?rate-?limit)/;

/** What the server answered, for calls of others too: the fields about limits alone. */
function answerOf({ response }: Outcome, now: number): LastAnswer | undefined {
  if (response === undefined) return undefined;
  const { status } = response;
  const headers = copyFields(response.headers, (name) => LIMIT_FIELD.test(name));
  const retryAfter = serverDelay(response, { now })?.ms;
  return { status, headers, ...(retryAfter !== undefined && { retryAfter }) };
}

function originOfCall(call: Call): string {
  return call.origin;
}

function breakerOf(options: CircuitBreakerOptions): Breaker {
  const { breaker } = options;
  if (breaker === undefined) return startBreaker('circuitBreaker', options);
  checkFunction('circuitBreaker: breaker.acquire', breaker?.acquire);
  checkFunction('circuitBreaker: breaker.snapshot', breaker.snapshot);
  const doubled = BREAKER_NAMES.find((name) => options[name] !== undefined);
  if (doubled) throw new TypeError(`circuitBreaker: ${doubled}: belongs to the breaker that was passed, give it there`);
  return breaker;
}

declare const process: { readonly env?: { readonly NODE_ENV?: string } } | undefined;

/** The rule is for developers: its text is not part of a production bundle. */
function layer(): Layer {
  const own: Layer = { name: 'circuitBreaker' };
  if (typeof process !== 'undefined' && process.env && process.env.NODE_ENV !== 'production') {
    own.mustBeInside = [['retry', 'the breaker sees one outcome for many attempts, and opens too late']];
  }
  return own;
}
