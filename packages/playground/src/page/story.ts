import { CallEnd, EVENT_TYPES } from '../model/recording.ts';
import type { Run } from '../worker/protocol.ts';
import { instant, time } from './words.ts';

type EventType = (typeof EVENT_TYPES)[number];

/** One event, with its words. */
export interface Spelt {
  readonly at: number;
  readonly call: number;
  readonly type: EventType;
  readonly attempt: number;
  readonly ms: number;
  readonly status: number;
  readonly why: string;
}

export function eventAt({ events, words }: Run, index: number): Spelt {
  return {
    at: events.at[index]!,
    call: events.call[index]!,
    type: EVENT_TYPES[events.type[index]!]!,
    attempt: events.attempt[index]!,
    ms: events.ms[index]!,
    status: events.status[index]!,
    why: words[events.why[index]!] ?? '',
  };
}

export function eventsOf(run: Run, call: number): Spelt[] {
  return Array.from(run.byCall.subarray(run.first[call], run.first[call + 1]), (index) => eventAt(run, index));
}

/** An event in a few words. */
export function sentence({ type, ms, status, why }: Spelt): string {
  switch (type) {
    case 'attempt':
      return `${status || why || 'an error'} after ${time(ms)}`;
    case 'wait':
      return `waits ${time(ms)} (${why})`;
    case 'queue':
      return why === 'refused' ? 'refused: the queue is full' : 'waits for a slot';
    case 'gate':
      return `gate ${why}${ms > 0 && ms < Infinity ? `, ${time(ms)}` : ''}`;
    case 'circuit':
      return `circuit ${why}`;
    case 'offline':
      return `offline: ${why}`;
    case 'budget':
      return 'the budget refuses a retry';
    case 'recover':
      return 'a retry got a good answer';
    case 'give-up':
      return `gives up: ${why}`;
    case 'end':
      return `ends with ${status || why || 'an error'} after ${time(ms)}`;
    default:
      return 'begins';
  }
}

/** What happened to a call, in one line. */
export function storyOf(run: Run, call: number): string {
  const { start, end, outcome } = run.calls;
  const middle = eventsOf(run, call)
    .filter(({ type }) => type !== 'start' && type !== 'end' && type !== 'recover')
    .map(sentence);
  const told = middle.length > 12 ? [...middle.slice(0, 11), `${middle.length - 11} more`] : middle;
  const how = { [CallEnd.ok]: 'succeeds', [CallEnd.failed]: 'is lost', [CallEnd.open]: 'never ends' }[outcome[call]!];
  const took = outcome[call] === CallEnd.open ? '' : ` after ${time(end[call]! - start[call]!)}`;
  return `Call ${call + 1} at ${instant(start[call]!)}: ${[...told, `${how}${took}`].join(', ')}`;
}
