import { notify } from '@steadfetch/core';
import { checkNames, type OptionTable, optionError, originOf, readOptions } from '@steadfetch/core/kit';
import { escapeText } from './escape-text.ts';
import type { AttemptEvent, RetryObserver } from './events.ts';

/** What is counted. Every label is always set, to `none` where there is no value. */
export interface RetryLabels {
  readonly event: 'retry' | 'give-up' | 'recover';
  readonly reason: string;
  /** The status of the attempt; `none` after an error. */
  readonly status: string;
  readonly origin: string;
}

/**
 * A function, or an object with `inc(labels)` as a counter of prom-client, or with `add(1, labels)` as OpenTelemetry.
 */
export type RetryCounter =
  | ((labels: Partial<RetryLabels>) => unknown)
  | { inc(labels: Partial<RetryLabels>): unknown }
  | { add(value: number, labels: Partial<RetryLabels>): unknown };

export interface CountRetriesOptions {
  /** The labels to set, e.g. those a prom-client counter declares. @default ['event', 'reason', 'status', 'origin'] */
  labels?: readonly (keyof RetryLabels)[];
}

const LABELS = ['event', 'reason', 'status', 'origin'] as const;

const OPTIONS = {
  labels: { check: checkLabels, default: LABELS },
} satisfies OptionTable<CountRetriesOptions>;

/** The options as data: what each may be, and its default. */
export const countRetriesOptions: OptionTable<CountRetriesOptions> = OPTIONS;

/**
 * Hooks that count retries, give-ups and recoveries, by reason, status and origin.
 *
 * @throws a `TypeError` when the counter is none of the three kinds, or a label is unknown
 * @example retry({ hooks: countRetries(new Counter({ name: 'retries', help: 'Retries', labelNames: ['event', 'reason'] }), { labels: ['event', 'reason'] }) })
 */
export function countRetries(counter: RetryCounter, options?: CountRetriesOptions): RetryObserver {
  const { labels } = readOptions('countRetries', OPTIONS, options);
  const increment = incrementOf(counter);
  const count = (name: RetryLabels['event']) => (event: AttemptEvent & { readonly reason?: string }) => {
    const { reason = 'none', response, url } = event;
    const all: RetryLabels = { event: name, reason, status: String(response?.status ?? 'none'), origin: originOf(url) };
    notify(increment, Object.fromEntries(labels.map((label) => [label, escapeText(all[label])])));
  };
  return { onRetry: count('retry'), onGiveUp: count('give-up'), onRecover: count('recover') };
}

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
