import { type Listener, notify, type SteadfetchEvent } from '@steadfetch/core';
import { checkNames, type OptionTable, oneLine, optionError, readOptions } from '@steadfetch/core/kit';
import { MAX_TEXT_LENGTH } from './lines.ts';

/** The labels of a count. Each has a value; it is `none` if the event has no such member. */
export interface RetryLabels {
  /** `wait`: the call waits at a gate, in a queue or for the network. `refused`: one of our layers did not send the call. */
  readonly event: 'retry' | 'give-up' | 'recover' | 'wait' | 'refused';
  readonly reason: string;
  /** The status of the attempt, or `none` after an error. */
  readonly status: string;
  readonly origin: string;
}

/**
 * A function; an object with `inc(labels)`, such as a counter of prom-client; or one with `add(1, labels)`, such as a counter of OpenTelemetry.
 */
export type RetryCounter =
  | ((labels: Partial<RetryLabels>) => unknown)
  | { inc(labels: Partial<RetryLabels>): unknown }
  | { add(value: number, labels: Partial<RetryLabels>): unknown };

export interface CountRetriesOptions {
  /** The labels to set, such as the labels that a prom-client counter declares. @default ['event', 'reason', 'status', 'origin'] */
  labels?: readonly (keyof RetryLabels)[];
}

const LABELS = ['event', 'reason', 'status', 'origin'] as const;

const OPTIONS = {
  labels: { check: checkLabels, default: LABELS },
} satisfies OptionTable<CountRetriesOptions>;

/** The options as data: the check and the default of each. */
export const countRetriesOptions: OptionTable<CountRetriesOptions> = OPTIONS;

/**
 * A listener for `observe` that counts retries, give-ups, recoveries, waits and refusals, by reason, status and origin.
 *
 * @throws a `TypeError` if the counter is none of the three kinds, or a label is unknown
 * @example observe(countRetries(new Counter({ name: 'retries', help: 'Retries', labelNames: ['event', 'reason'] }), { labels: ['event', 'reason'] }))
 */
export function countRetries(counter: RetryCounter, options?: CountRetriesOptions): Listener {
  const { labels } = readOptions('countRetries', OPTIONS, options);
  const increment = incrementOf(counter);
  return (event) => {
    const name = nameOf(event);
    if (!name) return;
    const { origin, response } = event as SteadfetchEvent & { readonly response?: Response };
    const status = String(response?.status ?? 'none');
    const all: RetryLabels = { event: name, reason: reasonOf(event), status, origin };
    notify(increment, Object.fromEntries(labels.map((label) => [label, oneLine(all[label], MAX_TEXT_LENGTH)])));
  };
}

function nameOf(event: SteadfetchEvent): RetryLabels['event'] | undefined {
  if (event.type === 'wait') return 'retry';
  if (event.type === 'give-up' || event.type === 'recover') return event.type;
  return 'action' in event && (event.action === 'wait' || event.action === 'refused') ? event.action : undefined;
}

/** The reason in the event, or else one derived from the layer that emitted the event. */
function reasonOf(event: SteadfetchEvent): string {
  if ('reason' in event) return event.reason;
  return REASONS[`${event.type} ${'action' in event ? event.action : ''}`] ?? 'none';
}

const REASONS: Record<string, string> = {
  'queue wait': 'queue',
  'queue refused': 'queue-full',
  'circuit refused': 'circuit-open',
  'offline wait': 'offline',
};

function checkLabels(option: string, labels: readonly (keyof RetryLabels)[]): readonly (keyof RetryLabels)[] {
  if (!Array.isArray(labels)) throw optionError(option, 'an array of labels', labels);
  checkNames(option, Object.fromEntries(labels.map((label) => [label, true])), LABELS);
  return labels;
}

function incrementOf(counter: RetryCounter): (labels: Partial<RetryLabels>) => unknown {
  if (typeof counter === 'function') return counter;
  const methods = Object(counter);
  if (typeof methods.inc === 'function') return (labels) => methods.inc(labels);
  if (typeof methods.add === 'function') return (labels) => methods.add(1, labels);
  throw optionError('countRetries: counter', 'a function or an object with inc or add', counter);
}
