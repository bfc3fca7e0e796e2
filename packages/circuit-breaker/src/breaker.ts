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
import { checkOpenFor, MAX_OPEN_MS, type OpenTime, openTimeOf } from './open-time.ts';
import type { CircuitAttempt, Permit } from './permit.ts';
import { checkRule, type Rule } from './rule.ts';

/** The state of one circuit at one moment. It is a copy: changing it changes nothing. */
export interface CircuitSnapshot {
  key: string;
  /** `half-open` as soon as a probe would be let through. */
  state: CircuitState;
  /** Why the circuit is in this state, as a sentence for people. */
  why: string;
  /** Calls that failed since the last success. */
  failures: number;
  /** Milliseconds since the first of these calls was let through. */
  failingFor: number;
  /** The last answer to a failed call since the circuit closed. */
  lastAnswer?: LastAnswer;
  /** The routes of the calls that are refused, e.g. `GET /users/*`. Left out if the circuit refuses everything, or nothing. */
  parts?: string[];
  /** Open times since the circuit was closed: the first, and one for each failed round of probes. */
  openings: number;
  /** Milliseconds until another call is worth a try; 0 if it would be let through now. */
  retryAfter: number;
  /** Probes in flight. */
  probes: number;
}

/** Times are in milliseconds. */
export interface BreakerOptions {
  /** When a circuit opens. @default noSuccess() */
  rule?: Rule;
  /**
   * How long a circuit stays open before it lets a probe through, at most 15 s. A number is the first open time. Later ones grow with
   * the outage to a fiftieth of its length, up to 10 s, minus up to 20 % at random. A function, such as a delay of
   * `@steadfetch/backoff`, returns each open time. If it throws or returns no valid time, the previous one is used again, or 1 s.
   * @default 1_000
   */
  openFor?: number | OpenTime;
  /**
   * How many probes a half-open circuit lets through at a time, and how many must succeed to close it. Under a scoped rule, such as the
   * default, one success closes it. @default 1
   */
  probes?: number;
  /** After this long without an answer, a probe releases its slot to another call. At most 15 s. @default 2_000 */
  probeTimeout?: number;
  clock?: Clock;
  random?: Random;
  /** Observers, one object or several. */
  hooks?: CircuitHooks | readonly CircuitHooks[];
}

/** Observers of a breaker. No call waits for them, and their errors have no effect. */
export interface CircuitHooks {
  /** Called once when a closed circuit opens. */
  onOpen?(circuit: CircuitSnapshot): void;
  /** Called before each round of probes. */
  onHalfOpen?(circuit: CircuitSnapshot): void;
  onClose?(circuit: CircuitSnapshot): void;
}

/**
 * One circuit per key, for at most a thousand keys, and a million characters of keys. Beyond that the breaker forgets the least recently
 * used circuit. It forgets an open one only if all are open.
 */
export interface Breaker {
  /** Returns the right to make a call, or `undefined` if the circuit refuses it. Settle every permit. */
  acquire(key: string, attempt?: CircuitAttempt): Permit | undefined;
  /** The state of one circuit. Changes nothing: a key without calls is shown as closed, and is not added. */
  snapshot(key: string): CircuitSnapshot;
  /** The states of all circuits, by key. */
  snapshot(): Record<string, CircuitSnapshot>;
  /** Closes one circuit, or all, and forgets what they counted. */
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
 * The state of `circuitBreaker` as an object of its own. Use it to share circuits between clients, to read them, or to guard something
 * other than a fetch.
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

export function startBreaker(settings: BreakerSettings): Breaker {
  const { rule = noSuccess(), openFor, random, probes, probeTimeout, clock, hooks } = settings;
  const policy = {
    rule,
    openTime: openTimeOf(openFor, random),
    probes,
    probeTimeout: Math.min(probeTimeout, MAX_OPEN_MS),
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
