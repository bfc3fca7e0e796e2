import type { EventOf, SteadfetchEvent } from '@steadfetch/core';
import { codeOf, nameOf } from '@steadfetch/core/kit';

/** How many calls in progress are remembered. With more, as when calls never end, the oldest is forgotten. */
const MAX_CALLS = 10_000;
/** A shorter wait is left out of the story. */
const MIN_WAIT_MS = 50;

interface Story {
  readonly parts: string[];
  /** The current wait: its start, its reason, and its planned end, `Infinity` if unknown. */
  wait: { readonly since: number; readonly reason: string; readonly until: number } | undefined;
}

/** Collects the attempts and waits of each call until it ends, as text: `503, waited 1.0 s (retry-after), 200`. */
export class Stories {
  readonly #stories = new Map<number, Story>();

  /** Adds an event. Ignores events that come after the end of their call, for example after an abort. */
  add(event: SteadfetchEvent): void {
    if (event.type === 'start') this.#begin(event.callId);
    const story = this.#stories.get(event.callId);
    if (!story) return;
    const { wait } = story;
    if (wait) {
      const waited = waitEnd(wait.until, event) - wait.since;
      if (waited >= MIN_WAIT_MS) story.parts.push(`waited ${inSeconds(waited)} (${wait.reason})`);
      story.wait = undefined;
    }
    const reason = waitReason(event);
    if (reason !== undefined) {
      const until = event.type === 'wait' ? event.at + event.ms : Infinity;
      story.wait = { since: event.at, reason, until };
    }
    const part = partOf(event);
    if (part !== undefined) story.parts.push(part);
  }

  /** Returns the line about a call that has ended, and forgets the call. */
  end(event: EventOf<'end'>): string {
    const { parts = [] } = this.#stories.get(event.callId) ?? {};
    this.#stories.delete(event.callId);
    const what = parts.length > 0 ? `: ${parts.join(', ')}` : '';
    return `${event.method} ${shortUrl(event.url)} ${endingOf(event)} in ${inSeconds(event.ms)}${what}`;
  }

  #begin(callId: number): void {
    this.#stories.set(callId, { parts: [], wait: undefined });
    if (this.#stories.size > MAX_CALLS) this.#stories.delete(this.#stories.keys().next().value!);
  }
}

/** When a wait ended, from the first event after it. Before an `end` event the wait may have ended as planned, without an event. */
function waitEnd(until: number, event: SteadfetchEvent): number {
  if (event.type === 'attempt') return event.at - event.ms;
  return event.type === 'end' ? Math.min(event.at, until) : event.at;
}

/** The reason of the wait that begins with this event, if one does. */
function waitReason(event: SteadfetchEvent): string | undefined {
  if (event.type === 'wait') return event.source;
  if (event.type === 'budget') return 'budget';
  return 'action' in event && event.action === 'wait' ? event.type : undefined;
}

/** What the story says about this event; waits are added when they end. */
function partOf(event: SteadfetchEvent): string | undefined {
  if (event.type === 'attempt') return endingOf(event);
  return 'action' in event && event.action === 'refused' ? `refused (${event.type})` : undefined;
}

/** The status, or the error's code or name. */
function endingOf({ status, error }: EventOf<'attempt' | 'end'>): string {
  if (status !== undefined) return String(status);
  return codeOf(error) ?? nameOf(error);
}

export function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Removes the scheme, to keep the line short. */
function shortUrl(url: string): string {
  return url.replace(/^https?:\/\//, '');
}
