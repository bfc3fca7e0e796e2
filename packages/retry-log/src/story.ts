import type { EventOf, SteadfetchEvent } from '@steadfetch/core';
import { codeOf, nameOf } from '@steadfetch/core/kit';

/** Calls without an `end` event are forgotten, the oldest first. */
const MAX_CALLS = 10_000;
/** A shorter wait is not worth a word, in milliseconds. */
const MIN_WAIT = 50;

interface Story {
  readonly parts: string[];
  /** The wait that is not over: since when, what for, and when it is over by itself, where that is known. */
  wait: { readonly since: number; readonly reason: string; readonly until: number } | undefined;
}

/** What happened to each call that has not ended, in words: `503, waited 1.0 s (retry-after), 200`. */
export class Stories {
  readonly #stories = new Map<number, Story>();

  /** Adds an event. What a request emits after the end of its call, as after an abort, is no part of a story. */
  add(event: SteadfetchEvent): void {
    if (event.type === 'start') this.#begin(event.callId);
    const story = this.#stories.get(event.callId);
    if (!story) return;
    const { wait } = story;
    if (wait) {
      const waited = endOf(wait.until, event) - wait.since;
      if (waited >= MIN_WAIT) story.parts.push(`waited ${seconds(waited)} (${wait.reason})`);
      story.wait = undefined;
    }
    const reason = waitIn(event);
    if (reason !== undefined) {
      const until = event.type === 'wait' ? event.at + event.ms : Infinity;
      story.wait = { since: event.at, reason, until };
    }
    const part = partOf(event);
    if (part !== undefined) story.parts.push(part);
  }

  /** The line about a call that has ended, which is then forgotten. */
  end(event: EventOf<'end'>): string {
    const { parts = [] } = this.#stories.get(event.callId) ?? {};
    this.#stories.delete(event.callId);
    const what = parts.length > 0 ? `: ${parts.join(', ')}` : '';
    return `${event.method} ${shortUrl(event.url)} ${endingOf(event)} in ${seconds(event.ms)}${what}`;
  }

  #begin(callId: number): void {
    this.#stories.set(callId, { parts: [], wait: undefined });
    if (this.#stories.size > MAX_CALLS) this.#stories.delete(this.#stories.keys().next().value!);
  }
}

/** When a wait ended that this event is the first one after. A call that ends may have been sent again since. */
function endOf(until: number, event: SteadfetchEvent): number {
  if (event.type === 'attempt') return event.at - event.ms;
  return event.type === 'end' ? Math.min(event.at, until) : event.at;
}

/** What the call waits for from this event on. */
function waitIn(event: SteadfetchEvent): string | undefined {
  if (event.type === 'wait') return event.source;
  if (event.type === 'budget') return 'budget';
  return 'action' in event && event.action === 'wait' ? event.type : undefined;
}

function partOf(event: SteadfetchEvent): string | undefined {
  if (event.type === 'attempt') return endingOf(event);
  return 'action' in event && event.action === 'refused' ? `refused (${event.type})` : undefined;
}

/** The status, or the error's code or name. */
function endingOf({ status, error }: EventOf<'attempt' | 'end'>): string {
  if (status !== undefined) return String(status);
  return codeOf(error) ?? nameOf(error);
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Without the scheme, which says nothing in a line. */
function shortUrl(url: string): string {
  return url.replace(/^https?:\/\//, '');
}
