import { redactUrl } from '@steadfetch/core';
import { escapeText } from './escape-text.ts';
import type { AttemptEvent, GiveUpEvent, RecoverEvent, RetryEvent } from './events.ts';

/** What a give-up means, where the reason alone does not say it. */
const MEANING = new Map([
  ['budget', 'most requests to this server fail, so its retries are paused until some succeed'],
  ['rate-limited', 'not sent: rateLimit() would have had to hold it for too long'],
  ['circuit-open', 'not sent: circuitBreaker() takes the server for down'],
  ['queue-full', 'not sent: too many calls are waiting in concurrency()'],
]);

/**
 * The texts and numbers of an event, each fit for a log; times in whole milliseconds. Responses and errors stay out.
 */
export function fieldsOf<Event extends AttemptEvent>(event: Event, fullUrls: boolean): Event {
  const url = fullUrls ? event.url : redactUrl(event.url);
  const scalars = Object.entries({ ...event, url }).flatMap(([name, value]) => {
    if (typeof value === 'string') return [[name, escapeText(value)]];
    return typeof value === 'number' ? [[name, Math.round(value)]] : [];
  });
  return Object.fromEntries(scalars);
}

export function retryLine(event: RetryEvent): string {
  return `${failureOf(event)} (attempt ${event.attempt} of ${event.maxRetries + 1}), retrying in ${waitOf(event)}`;
}

export function giveUpLine(event: GiveUpEvent): string {
  const words = MEANING.get(event.reason);
  const meaning = words === undefined ? '' : ` (${words})`;
  const asked = event.delay === undefined ? '' : `, not waiting ${waitOf(event)}`;
  return `${failureOf(event)} (attempt ${event.attempt}), giving up: ${event.reason}${meaning}${asked}`;
}

export function recoverLine({ method, url, cause, attempts, elapsed }: RecoverEvent): string {
  return `${method} ${url} ended with ${cause} after ${attempts} attempts and ${elapsed} ms`;
}

function failureOf({ method, url, cause }: AttemptEvent): string {
  return `${method} ${url} failed with ${cause}`;
}

function waitOf({ delay = 0, delaySource }: GiveUpEvent): string {
  return `${delay} ms (${delaySource})`;
}
