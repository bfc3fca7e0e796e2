import type { EventOf, SteadfetchEvent } from '@steadfetch/core';
import { oneLine } from '@steadfetch/core/kit';
import { seconds } from './story.ts';

/** What a give-up means, where the reason alone does not say it. */
const MEANING = new Map([
  ['limit', 'no retries are left'],
  ['aborted', 'its caller, the limit for the whole call, or drain() has ended it'],
  ['budget', 'most requests to this server fail, so its retries are paused until some succeed'],
  ['rate-limited', 'not sent: rateLimit() would have had to hold it for too long'],
  ['circuit-open', 'not sent: circuitBreaker() takes the server for down'],
  ['queue-full', 'not sent: too many calls are waiting'],
  ['draining', 'not sent: the client is shutting down'],
]);

/** A longer text of an event is cut. */
export const LONGEST = 1_000;

/**
 * The texts and numbers of an event, each fit for a log; times in whole milliseconds. Responses and errors stay out, also a
 * text that was thrown in place of an error.
 */
export function fieldsOf<Event extends SteadfetchEvent>(event: Event): Event {
  const scalars = Object.entries(event).flatMap(([name, value]) => {
    if (name === 'error') return [];
    if (typeof value === 'string') return [[name, oneLine(value, LONGEST)]];
    return typeof value === 'number' ? [[name, Math.round(value)]] : [];
  });
  return Object.fromEntries(scalars);
}

export function retryLine(event: EventOf<'wait'>): string {
  return `${failureOf(event)} (attempt ${event.attempt} of ${event.maxRetries + 1}), retrying in ${waitOf(event)}`;
}

export function giveUpLine(event: EventOf<'give-up'>): string {
  const words = MEANING.get(event.reason);
  const meaning = words === undefined ? '' : ` (${words})`;
  const asked = event.ms === undefined ? '' : `, not waiting ${waitOf(event)}`;
  return `${failureOf(event)} (attempt ${event.attempt}), giving up: ${event.reason}${meaning}${asked}`;
}

export function recoverLine({ method, url, cause, attempts, elapsed }: EventOf<'recover'>): string {
  return `${method} ${url} ended with ${cause} after ${attempts} attempts and ${elapsed} ms`;
}

export function waitLine({ method, url, ...event }: EventOf<'gate' | 'offline'>): string {
  if (event.type === 'offline') return `${method} ${url} waits in online(): the browser says that it is offline`;
  return `${method} ${url} waits ${seconds(event.ms)} at the gate of rateLimit() (${event.reason})`;
}

const REFUSERS = { gate: 'rateLimit()', queue: 'concurrency()', circuit: 'circuitBreaker()' };

export function refusalLine(event: EventOf<'gate' | 'queue' | 'circuit'>): string {
  const { method, url, type, key } = event;
  const gate = type === 'gate' && event.reason === 'rate-limited' ? `: it would wait ${seconds(event.ms)}` : '';
  const why = type === 'circuit' ? `: ${event.why}` : gate;
  return `${method} ${url} is not sent: ${REFUSERS[type]} refuses it (${key}${why})`;
}

function failureOf({ method, url, cause }: EventOf<'wait' | 'give-up'>): string {
  return `${method} ${url} failed with ${cause}`;
}

function waitOf({ ms = 0, source }: EventOf<'wait' | 'give-up'>): string {
  return `${ms} ms (${source})`;
}
