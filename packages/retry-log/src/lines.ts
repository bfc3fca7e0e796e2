import type { EventOf, SteadfetchEvent } from '@steadfetch/core';
import { oneLine } from '@steadfetch/core/kit';
import { inSeconds } from './story.ts';

/** Explains the reasons of give-ups that do not explain themselves. */
const EXPLANATIONS = new Map([
  ['limit', 'no retries are left'],
  ['aborted', 'its caller, the limit for the whole call, or drain() has ended it'],
  ['budget', 'most requests to this server fail, so its retries are paused until some succeed'],
  ['rate-limited', 'not sent: rateLimit() would make it wait too long'],
  ['circuit-open', 'not sent: circuitBreaker() considers the server down'],
  ['queue-full', 'not sent: too many calls are waiting'],
  ['draining', 'not sent: the client is shutting down'],
]);

/** The greatest length of a text from an event, in characters. A longer one is cut. */
export const MAX_TEXT_LENGTH = 1_000;

/**
 * The strings and numbers of an event as fields of a log entry: strings on one line, times in whole milliseconds. Leaves out responses and
 * `error`, even if a program threw a string.
 */
export function fieldsOf<Event extends SteadfetchEvent>(event: Event): Event {
  const scalars = Object.entries(event).flatMap(([name, value]) => {
    if (name === 'error') return [];
    if (typeof value === 'string') return [[name, oneLine(value, MAX_TEXT_LENGTH)]];
    return typeof value === 'number' ? [[name, Math.round(value)]] : [];
  });
  return Object.fromEntries(scalars);
}

export function retryLine(event: EventOf<'wait'>): string {
  return `${failureOf(event)} (attempt ${event.attempt} of ${event.maxRetries + 1}), retrying in ${waitOf(event)}`;
}

export function giveUpLine(event: EventOf<'give-up'>): string {
  const words = EXPLANATIONS.get(event.reason);
  const explanation = words === undefined ? '' : ` (${words})`;
  const wait = event.ms === undefined ? '' : `, not waiting ${waitOf(event)}`;
  return `${failureOf(event)} (attempt ${event.attempt}), giving up: ${event.reason}${explanation}${wait}`;
}

export function recoverLine({ method, url, cause, attempts, elapsed }: EventOf<'recover'>): string {
  return `${method} ${url} ended with ${cause} after ${attempts} attempts and ${elapsed} ms`;
}

export function waitLine({ method, url, ...event }: EventOf<'gate' | 'offline'>): string {
  if (event.type === 'offline') return `${method} ${url} waits in online(): the browser says that it is offline`;
  return `${method} ${url} waits ${inSeconds(event.ms)} at the gate of rateLimit() (${event.reason})`;
}

const REFUSERS = { gate: 'rateLimit()', queue: 'concurrency()', circuit: 'circuitBreaker()' };

export function refusalLine(event: EventOf<'gate' | 'queue' | 'circuit'>): string {
  const { method, url, type, key } = event;
  const wait = type === 'gate' && event.reason === 'rate-limited' ? `: it would wait ${inSeconds(event.ms)}` : '';
  const why = type === 'circuit' ? `: ${event.why}` : wait;
  return `${method} ${url} is not sent: ${REFUSERS[type]} refuses it (${key}${why})`;
}

function failureOf({ method, url, cause }: EventOf<'wait' | 'give-up'>): string {
  return `${method} ${url} failed with ${cause}`;
}

function waitOf({ ms = 0, source }: EventOf<'wait' | 'give-up'>): string {
  return `${ms} ms (${source})`;
}
