import {
  type Call,
  checkFunction,
  checkKey,
  checkNames,
  defineMiddleware,
  discard,
  type Middleware,
  type Outcome,
  systemClock,
  throwIfAborted,
} from '@steadfetch/core';
import { BREAKER_NAMES, type Breaker, type BreakerOptions, startBreaker } from './breaker.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import type { Permit } from './permit.ts';
import { retryAfterOf } from './retry-after-of.ts';
import { type IsFailure, verdictOf } from './verdict-of.ts';

export interface CircuitBreakerOptions extends BreakerOptions {
  /** Which circuit a call belongs to. @default (call) => call.origin */
  key?: (call: Call) => string;
  /** Overrides the default rules for one outcome; `undefined` leaves it to them. Must answer at once. */
  isFailure?: IsFailure;
  /** How long a failed response asks to be left alone, in milliseconds, if it does. @default its `Retry-After` */
  retryAfter?: (response: Response) => number | undefined;
  /** State made with `breaker()`, to share or to read. It brings its own rule, times, clock and hooks. */
  breaker?: Breaker;
}

/** A middleware whose state can be read. */
export interface CircuitBreakerMiddleware extends Middleware {
  readonly breaker: Breaker;
}

/**
 * Stops calling a server that keeps failing, and finds out when it is back.
 *
 * The call that opens the circuit keeps its outcome. Later ones are refused until the open time is over; then `probes`
 * calls are let through, and when they succeed the circuit closes. Server errors, network errors and timeouts are
 * failures; aborts by the caller, refusals of other middlewares and 429 change nothing; any other answer is a success.
 * What happens to a body after its headers arrived is not seen.
 *
 * @throws CircuitOpenError for a call that is not made
 * @example
 * const fetchUser = compose(retry(), circuitBreaker({ rule: consecutive(5) }), timeout(2_000))(fetch);
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreakerMiddleware {
  checkNames('circuitBreaker', options, ['key', 'isFailure', 'retryAfter', 'breaker', ...BREAKER_NAMES]);
  const { key = originOfCall, isFailure, clock = systemClock } = options;
  const { retryAfter = (response) => retryAfterOf(response, clock.now()) } = options;
  checkFunction('circuitBreaker: key', key);
  checkFunction('circuitBreaker: retryAfter', retryAfter);
  if (isFailure !== undefined) checkFunction('circuitBreaker: isFailure', isFailure);
  const breaker = breakerOf(options);
  const report = (permit: Permit, outcome: Outcome, call: Call) => {
    try {
      const verdict = verdictOf(outcome, call, isFailure);
      permit.settle(verdict, verdict === 'failure' && !outcome.failed ? retryAfter(outcome.response) : undefined);
    } catch (error) {
      permit.settle('neutral');
      if (!outcome.failed) discard(outcome.response);
      throw error;
    }
  };
  const middleware = defineMiddleware((call, next) => {
    throwIfAborted(call.signal);
    const name = checkKey('circuitBreaker: key', key(call));
    const permit = breaker.acquire(name);
    if (!permit) throw new CircuitOpenError(breaker.snapshot(name));
    return Promise.resolve(next(call)).then(
      (response) => {
        report(permit, { response, failed: false }, call);
        return response;
      },
      (error) => {
        report(permit, { error, failed: true }, call);
        throw error;
      },
    );
  }, 'circuitBreaker');
  return Object.assign(middleware, { breaker });
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
