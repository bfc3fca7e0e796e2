import type { Attributes, Meter } from '@opentelemetry/api';
import type { EventOf, SteadfetchEvent } from '@steadfetch/core';
import { errorTypeOf, methodOf, serverOf } from './attributes.ts';

/** The names of the metrics, with their units. */
export const METRICS = {
  attempt: { name: 'steadfetch.attempt.duration', unit: 's' },
  retries: { name: 'steadfetch.retries', unit: '{retry}' },
  giveUps: { name: 'steadfetch.give_ups', unit: '{call}' },
  gateWait: { name: 'steadfetch.gate.wait', unit: 's' },
  queueWait: { name: 'steadfetch.queue.wait', unit: 's' },
  circuit: { name: 'steadfetch.circuit.events', unit: '{event}' },
  circuitState: { name: 'steadfetch.circuit.state', unit: '{state}' },
  pace: { name: 'steadfetch.limit.pace', unit: '{request}/s' },
  budget: { name: 'steadfetch.budget.tokens', unit: '{token}' },
} as const;

type Metric = (typeof METRICS)[keyof typeof METRICS];

/** The retry and the wait of a call that have begun and not ended. */
interface Pending {
  retry?: { readonly reason: string; sent: boolean };
  wait?: { readonly kind: 'gate' | 'queue'; readonly since: number };
}

/** How many calls with a retry or a wait are remembered. With more, as when calls never end, the oldest is forgotten. */
const MAX_PENDING = 10_000;

/** Makes the listener that records the metrics. A call that succeeds at once costs one histogram record. */
export function metricsOf(meter: Meter): (event: SteadfetchEvent) => void {
  const histogram = ({ name, unit }: Metric) =>
    meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries: BUCKETS_S } });
  const counter = ({ name, unit }: Metric) => meter.createCounter(name, { unit });
  const attempts = histogram(METRICS.attempt);
  const waits = { gate: histogram(METRICS.gateWait), queue: histogram(METRICS.queueWait) };
  const retried = counter(METRICS.retries);
  const gaveUp = counter(METRICS.giveUps);
  const circuits = counter(METRICS.circuit);
  const calls = new Map<number, Pending>();

  const ensurePending = ({ callId }: SteadfetchEvent): Pending => {
    const known = calls.get(callId);
    if (known) return known;
    const pending: Pending = {};
    calls.set(callId, pending);
    if (calls.size > MAX_PENDING) calls.delete(calls.keys().next().value!);
    return pending;
  };
  const endWait = (event: SteadfetchEvent, pending: Pending | undefined) => {
    if (!pending?.wait) return;
    const until = event.type === 'attempt' ? event.at - event.ms : event.at;
    waits[pending.wait.kind].record(Math.max(0, until - pending.wait.since) / 1_000, serverOf(event.origin));
    delete pending.wait;
  };
  const endRetry = (event: SteadfetchEvent, pending: Pending | undefined, outcome: string) => {
    if (!pending?.retry) return;
    const { reason, sent } = pending.retry;
    retried.add(1, { ...serverOf(event.origin), reason, outcome: sent ? outcome : 'not-sent' });
    delete pending.retry;
  };

  return (event) => {
    const pending = calls.get(event.callId);
    endWait(event, pending);
    switch (event.type) {
      case 'attempt':
        attempts.record(event.ms / 1_000, attemptAttributes(event));
        if (pending?.retry) pending.retry.sent = true;
        break;
      case 'wait':
        endRetry(event, pending, 'failed');
        ensurePending(event).retry = { reason: event.reason, sent: false };
        break;
      case 'gate':
      case 'queue':
        if (event.action === 'wait') ensurePending(event).wait = { kind: event.type, since: event.at };
        break;
      case 'circuit':
        circuits.add(1, { ...serverOf(event.origin), action: event.action });
        break;
      case 'recover':
        endRetry(event, pending, 'recovered');
        break;
      case 'give-up':
        gaveUp.add(1, { ...serverOf(event.origin), reason: event.reason });
        endRetry(event, pending, 'failed');
        break;
      case 'end':
        endRetry(event, pending, 'failed');
        calls.delete(event.callId);
    }
  };
}

/** Bucket boundaries in seconds: those of the semantic conventions for HTTP clients, and longer ones for waits. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60];

function attemptAttributes({ origin, method, status, error }: EventOf<'attempt'>): Attributes {
  const ending = status === undefined ? { 'error.type': errorTypeOf(error) } : { 'http.response.status_code': status };
  return { ...serverOf(origin), 'http.request.method': methodOf(method), ...ending };
}

/** The layers whose state is read at each collection of metrics. */
export interface Sources {
  /** The `rateLimit()` of the stack, for the pace of each gate. */
  rateLimit?: { snapshot(): readonly { readonly key: string; readonly rate: number | undefined }[] } | undefined;
  /** The `circuitBreaker()` of the stack, for the state of each circuit: 0 closed, 1 half-open, 2 open. */
  circuitBreaker?: { readonly breaker: { snapshot(): Record<string, { readonly state: string }> } } | undefined;
  /** The `retryBudget()` of the stack, for the tokens that are left. */
  budget?: { snapshot(): Record<string, { readonly left: number }> } | undefined;
}

const STATES: Record<string, number> = { closed: 0, 'half-open': 1, open: 2 };

/** Registers gauges that read the state of limiters, breakers and budgets at each collection of metrics. */
export function observeState(meter: Meter, { rateLimit, circuitBreaker, budget }: Sources): void {
  const gauge = ({ name, unit }: Metric, read: (() => Iterable<[string, number | undefined]>) | undefined) => {
    if (!read) return;
    meter.createObservableGauge(name, { unit }).addCallback((result) => {
      for (const [key, value] of read()) if (value !== undefined) result.observe(value, { key });
    });
  };
  gauge(METRICS.pace, rateLimit && (() => rateLimit.snapshot().map(({ key, rate }) => [key, rate])));
  gauge(
    METRICS.circuitState,
    circuitBreaker && (() => entries(circuitBreaker.breaker.snapshot(), ({ state }) => STATES[state])),
  );
  gauge(METRICS.budget, budget && (() => entries(budget.snapshot(), ({ left }) => left)));
}

function entries<T>(all: Record<string, T>, value: (of: T) => number | undefined): [string, number | undefined][] {
  return Object.entries(all).map(([key, of]) => [key, value(of)]);
}
