import { type Clock, type LastAnswer, monotonic, perKey, type Random, systemClock } from '@steadfetch/core';
import {
  callHooks,
  checkHooks,
  checkMembers,
  checkMs,
  checkNumber,
  type OptionTable,
  randomOption,
  readOptions,
} from '@steadfetch/core/kit';
import { Circuit, type CircuitState } from './circuit.ts';
import { noSuccess } from './no-success.ts';
import { checkOpenFor, LONGEST_OPEN, type OpenTime, openTimeOf } from './open-time.ts';
import type { CircuitAttempt, Permit } from './permit.ts';
import { checkRule, type Rule } from './rule.ts';

/** The state of one circuit at one moment, and why. A copy: changing it changes nothing. */
export interface CircuitSnapshot {
  key: string;
  /** `half-open` as soon as a probe would be let through. */
  state: CircuitState;
  /** Why, in words for a person. */
  why: string;
  /** Calls that failed since the last one that succeeded. */
  failures: number;
  /** Milliseconds since the first of them was let through. */
  failingFor: number;
  /** What the server answered last to a call that failed, since the circuit closed. */
  lastAnswer?: LastAnswer;
  /** The parts that are refused, e.g. `GET /users/*`. Left out if all are, or none. */
  parts?: string[];
  /** Open times since the circuit was closed: one, and one more for each round of probes that failed. */
  openings: number;
  /** Milliseconds until it is worth calling again; 0 when a call would be let through now. */
  retryAfter: number;
  /** Probes in flight. */
  probes: number;
}

/** Times are in milliseconds. */
export interface BreakerOptions {
  /** When a circuit opens. @default noSuccess() */
  rule?: Rule;
  /**
   * How long a circuit stays open before it lets a probe through; at most 15 s. A number is the first open time, which
   * grows to a fiftieth of the time that the circuit has been open, up to ten seconds, less up to a fifth by chance. A
   * function, such as a delay of `@steadfetch/backoff`, returns the open time itself; if it throws or returns no time,
   * the previous open time is used, or 1 s. @default 1_000
   */
  openFor?: number | OpenTime;
  /**
   * Calls let through at a time to a half-open circuit. It closes when so many have succeeded since it opened; under a scoped rule, as
   * the default, when one has. @default 1
   */
  probes?: number;
  /** A probe without an answer for this long releases its slot to another call; at most 15 s. @default 2_000 */
  probeTimeout?: number;
  clock?: Clock;
  random?: Random;
  /** Observers, one object or several. */
  hooks?: CircuitHooks | readonly CircuitHooks[];
}

/** Observers of a breaker. What they throw or reject has no effect, and no call waits for them. */
export interface CircuitHooks {
  /** Called once when a closed circuit opens. */
  onOpen?(circuit: CircuitSnapshot): void;
  /** Called before each round of probes. */
  onHalfOpen?(circuit: CircuitSnapshot): void;
  onClose?(circuit: CircuitSnapshot): void;
}

/**
 * One circuit per key, for at most a thousand keys or a million characters of keys: the one used least recently is forgotten, of
 * those that are not open if there are any.
 */
export interface Breaker {
  /** The right to make a call, or `undefined` while the circuit refuses it. Every permit must be settled. */
  acquire(key: string, attempt?: CircuitAttempt): Permit | undefined;
  /** One circuit. Asking changes nothing: a key that was never called is closed, and stays unknown. */
  snapshot(key: string): CircuitSnapshot;
  /** All circuits that are known, by their keys. */
  snapshot(): Record<string, CircuitSnapshot>;
  /** Closes a circuit by hand and forgets what it had counted; without a key all of them. */
  reset(key?: string): void;
}

const OPTIONS = {
  rule: { check: checkRule },
  openFor: { check: checkOpenFor, default: 1_000, min: 1, unit: 'ms' },
  probes: { check: checkNumber, default: 1, min: 1, max: Number.MAX_SAFE_INTEGER, integer: true },
  probeTimeout: { check: checkMs, default: 2_000, min: 1 },
  clock: { check: (option: string, clock: Clock) => checkMembers(option, clock, ['now']), default: systemClock },
  random: randomOption,
  hooks: { check: checkObservers, default: [] },
} satisfies OptionTable<BreakerOptions>;

/** The options as data: what each may be, and its default. */
export const breakerOptions: OptionTable<BreakerOptions> = OPTIONS;

/**
 * The state of `circuitBreaker` as an object: to share it between clients, to read it, or to guard something that is not
 * a fetch.
 *
 * @example
 * const payments = breaker({ openFor: 5_000 });
 * const fetchPayment = compose(retry(), circuitBreaker({ breaker: payments }))(fetch);
 * payments.snapshot('https://pay.example.com').state; // 'closed'
 */
export function breaker(options?: BreakerOptions): Breaker {
  return startBreaker(readOptions('breaker', OPTIONS, options));
}

/** The options with their defaults. */
export interface BreakerSettings extends Required<Omit<BreakerOptions, 'rule' | 'hooks'>> {
  rule: BreakerOptions['rule'] | undefined;
  hooks: readonly CircuitHooks[];
}

/** The breaker behind `breaker` and `circuitBreaker`. */
export function startBreaker(settings: BreakerSettings): Breaker {
  const { rule = noSuccess(), openFor, random, probes, probeTimeout, clock, hooks } = settings;
  const policy = {
    rule,
    openTime: openTimeOf(openFor, random),
    probes,
    probeTimeout: Math.min(probeTimeout, LONGEST_OPEN),
    now: monotonic(clock),
  };
  const newCircuit = (key: string): Circuit => {
    const onChange = (state: CircuitState) =>
      callHooks(hooks, HOOK_OF[state], () => ({ ...read(key, circuit), state }));
    const circuit = new Circuit({ ...policy, onChange });
    return circuit;
  };
  const circuitOf = perKey(newCircuit, { isNeeded: ({ state }) => state === 'open' });
  const snapshot = (key?: string) => {
    if (key !== undefined) return read(key, circuitOf.peek(key) ?? newCircuit(key));
    return Object.fromEntries(circuitOf.entries().map(([name, circuit]) => [name, read(name, circuit)]));
  };
  return {
    acquire: (key, attempt) => circuitOf(key).acquire(attempt),
    snapshot: snapshot as Breaker['snapshot'],
    reset(key) {
      for (const [name, circuit] of circuitOf.entries()) if (key === undefined || key === name) circuit.reset();
      circuitOf.reset(key);
    },
  };
}

const HOOK_OF = { open: 'onOpen', 'half-open': 'onHalfOpen', closed: 'onClose' } as const;

function checkObservers(option: string, hooks: CircuitHooks | readonly CircuitHooks[]): readonly CircuitHooks[] {
  return checkHooks<CircuitHooks>(option, Object.values(HOOK_OF), hooks);
}

function read(key: string, circuit: Circuit): CircuitSnapshot {
  const { state, failures, failingFor, lastAnswer, parts, openings, retryAfter, probes } = circuit;
  return {
    ...{ key, state, why: whyOf(circuit), failures, failingFor, openings, retryAfter, probes },
    ...(lastAnswer && { lastAnswer: { ...lastAnswer, headers: new Headers(lastAnswer.headers) } }),
    ...(parts && state !== 'closed' && { parts }),
  };
}

function whyOf({ state, failures, failingFor, lastAnswer }: Circuit): string {
  if (failures === 0) {
    return state === 'closed'
      ? 'no call has failed since the last success'
      : 'calls failed or were slow, as its rule says';
  }
  const answer = lastAnswer ? `, the last answer was ${lastAnswer.status}` : '';
  const calls = failures === 1 ? '1 call' : `${failures} calls`;
  return `${calls} failed in ${Math.round(failingFor)} ms and none succeeded${answer}`;
}
