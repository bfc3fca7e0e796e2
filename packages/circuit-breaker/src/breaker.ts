import {
  type Clock,
  checkClock,
  checkFunction,
  checkMs,
  checkNames,
  checkNumber,
  monotonic,
  notify,
  perKey,
  type Random,
  systemClock,
} from '@steadfetch/core';
import { checkRule } from './check-rule.ts';
import { Circuit } from './circuit.ts';
import type { CircuitState } from './circuit-policy.ts';
import { type OpenTime, openTimeOf } from './open-time.ts';
import type { Permit } from './permit.ts';
import type { Rule } from './rule.ts';
import { timeWindow } from './time-window.ts';

/** One circuit at one moment. */
export interface CircuitSnapshot {
  key: string;
  /** `half-open` as soon as a probe would be let through. */
  state: CircuitState;
  /** Openings in a row: what the open time grows with. */
  openings: number;
  /** Milliseconds until it is worth calling again; 0 when a call would be let through now. */
  retryAfter: number;
  /** Probes in flight. */
  probes: number;
}

/** Times are in milliseconds. */
export interface BreakerOptions {
  /** When a circuit opens. @default timeWindow() */
  rule?: Rule;
  /**
   * How long a circuit stays open. A number is the first time, doubled with each further opening in a row up to five
   * minutes, less up to a fifth by chance. A function is used as it is; delays of `@steadfetch/backoff` fit. Where it
   * throws or gives no time, the open time before is taken, or 5 s. @default 5_000
   */
  openFor?: number | OpenTime;
  /** Calls let through to a half-open circuit. When all of them succeed it closes. @default 1 */
  probes?: number;
  /** A probe without an answer for this long gives its slot to another call. @default 60_000 */
  probeTimeout?: number;
  clock?: Clock;
  random?: Random;
  /** Told after a circuit opened. What it throws or rejects with is dropped; nobody waits for it. */
  onOpen?: (circuit: CircuitSnapshot) => void;
  /** Told when the first probe is about to be let through. */
  onHalfOpen?: (circuit: CircuitSnapshot) => void;
  onClose?: (circuit: CircuitSnapshot) => void;
}

/** One circuit per key, for at most a thousand keys: the one used least recently is forgotten. */
export interface Breaker {
  /** Leave to make a call, or `undefined` while there must be none. Every permit must be settled. */
  acquire(key: string): Permit | undefined;
  snapshot(key: string): CircuitSnapshot;
  /** Closes a circuit by hand and forgets what it had counted. */
  reset(key: string): void;
}

export const BREAKER_NAMES: readonly (keyof BreakerOptions)[] = [
  'rule',
  'openFor',
  'probes',
  'probeTimeout',
  'clock',
  'random',
  'onOpen',
  'onHalfOpen',
  'onClose',
];

/**
 * The state behind `circuitBreaker`, on its own: to share it between clients, to read it, or to guard something that is
 * not a fetch.
 *
 * @example
 * const payments = breaker({ rule: consecutive(5), openFor: 10_000 });
 * const fetchPayment = compose(retry(), circuitBreaker({ breaker: payments }))(fetch);
 * payments.snapshot('https://pay.example.com').state; // 'closed'
 */
export function breaker(options: BreakerOptions = {}): Breaker {
  checkNames('breaker', options, BREAKER_NAMES);
  return startBreaker('breaker', options);
}

/** `owner` is whom the user gave the options to. */
export function startBreaker(owner: string, options: BreakerOptions): Breaker {
  const { rule = timeWindow(), openFor = 5_000, probes = 1, probeTimeout = 60_000 } = options;
  const { clock = systemClock, random = () => Math.random(), onOpen, onHalfOpen, onClose } = options;
  checkRule(`${owner}: rule`, rule);
  checkNumber(`${owner}: probes`, probes, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  checkMs(`${owner}: probeTimeout`, probeTimeout, { min: 1 });
  checkClock(owner, clock, ['now']);
  checkFunction(`${owner}: random`, random);
  const observers = { open: onOpen, 'half-open': onHalfOpen, closed: onClose };
  for (const name of ['onOpen', 'onHalfOpen', 'onClose'] as const) {
    if (options[name] !== undefined) checkFunction(`${owner}: ${name}`, options[name]);
  }
  const policy = { rule, openTime: openTimeOf(owner, openFor, random), probes, probeTimeout, now: monotonic(clock) };
  const circuitOf = perKey((key) => {
    const onChange = (circuit: Circuit) => notify(observers[circuit.state], read(key, circuit));
    return new Circuit({ ...policy, onChange });
  });
  return {
    acquire: (key) => circuitOf(key).acquire(),
    snapshot: (key) => read(key, circuitOf(key)),
    reset: (key) => circuitOf(key).reset(),
  };
}

function read(key: string, { state, openings, retryAfter, probes }: Circuit): CircuitSnapshot {
  return { key, state, openings, retryAfter, probes };
}
