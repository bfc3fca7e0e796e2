import { type Clock, type Fetch, observe, type Random, type SteadfetchEvent } from '@steadfetch/core';
import { isTransportAbort } from './aborted.ts';
import { Beliefs, type Keepers } from './beliefs.ts';
import { Grow } from './grow.ts';
import {
  Answer,
  type Belief,
  type CallColumns,
  CallEnd,
  EVENT_TYPES,
  type EventColumns,
  type RequestColumns,
} from './recording.ts';

/** The parts of a client. Layers with state are added to `keepers`, so that their state can be read later. */
export interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly keepers: Keepers;
}

/** Builds the stack of one process around the server. */
export type MakeClient = (fetch: Fetch, parts: Parts) => Fetch;

/** Called now and then with the number of calls so far. */
export type OnCall = (calls: number) => void;

export interface RecorderOptions {
  /** Removes a step of the wall clock from a time. */
  readonly unstep?: (elapsed: number) => number;
  readonly onCall?: OnCall | undefined;
}

/** `onCall` is called once per this many requests. */
const NEWS = 500;

/** Records calls, requests and events. It does not change the run: it uses no random numbers and sets no timer. */
export class Recorder {
  readonly #beliefs: Beliefs;
  readonly #unstep: (elapsed: number) => number;
  readonly #onCall: OnCall;
  readonly #columns = columns();
  readonly #words = new Map<string, number>([['', 0]]);
  readonly #callOf = new Map<number, number>();
  #processes = 0;
  #epoch: number | undefined;
  /** The call that is being made, until its `start` event. */
  #beginning = 0;

  /** `lasts`: the length of the scene. */
  constructor(lasts: number, { unstep = (elapsed) => elapsed, onCall = () => {} }: RecorderOptions = {}) {
    this.#beliefs = new Beliefs(lasts);
    this.#unstep = unstep;
    this.#onCall = onCall;
  }

  /** The client with everything recorded, in the shape that the simulators take. */
  around(make: MakeClient): (fetch: Fetch, parts: { clock: Clock; random: Random }) => Fetch {
    return (fetch, { clock, random }) => {
      const process = this.#processes++;
      this.#epoch ??= clock.now();
      const now = () => this.#unstep(clock.now() - this.#epoch!);
      const keepers = this.#beliefs.process();
      const client = make(this.#requests(fetch, now), { clock, random, keepers });
      const observed = observe((event) => this.#hear(event, now()), { clock })(client);
      return this.#calls(observed, process, now);
    };
  }

  #calls(fetch: Fetch, process: number, now: () => number): Fetch {
    const { start, end, outcome, status, requests, process: processes } = this.#columns.calls;
    return (input, init) => {
      const index = start.length;
      start.push(now());
      end.push(Infinity);
      outcome.push(CallEnd.open);
      status.push(0);
      requests.push(0);
      processes.push(process);
      this.#beginning = index;
      this.#beliefs.began(now());
      const ended = (how: number, code: number) => {
        end.set(index, now());
        outcome.set(index, how);
        status.set(index, code);
        this.#beliefs.ended(now());
      };
      const response = fetch(input, init);
      response.then(
        ({ ok, status: code }) => ended(ok ? CallEnd.ok : CallEnd.failed, code),
        () => ended(CallEnd.failed, 0),
      );
      return response;
    };
  }

  #requests(fetch: Fetch, now: () => number): Fetch {
    const { at, ms, answer } = this.#columns.requests;
    return (input, init) => {
      const index = at.length;
      at.push(now());
      ms.push(Infinity);
      answer.push(Answer.open);
      if (index % NEWS === 0) this.#onCall(this.#columns.calls.start.length);
      const answered = (how: number) => {
        ms.set(index, now() - at.get(index));
        answer.set(index, how);
      };
      const response = fetch(input, init);
      response.then(
        ({ status }) => answered(answerOf(status)),
        (error) => answered(isTransportAbort(error, init) ? Answer.cut : Answer.failed),
      );
      return response;
    };
  }

  #hear(event: SteadfetchEvent, now: number): void {
    const { at, call, type, attempt, ms, status, why } = this.#columns.events;
    if (event.type === 'start') this.#callOf.set(event.callId, this.#beginning);
    const index = this.#callOf.get(event.callId) ?? 0;
    if (event.type === 'end') this.#callOf.delete(event.callId);
    if (event.type === 'attempt') {
      const { requests } = this.#columns.calls;
      requests.set(index, requests.get(index) + 1);
    }
    at.push(now);
    call.push(index);
    type.push(EVENT_TYPES.indexOf(event.type));
    attempt.push(Math.min(255, event.attempt));
    ms.push('ms' in event ? (event.ms ?? 0) : 0);
    status.push('status' in event ? (event.status ?? 0) : 0);
    why.push(this.#word(whyOf(event)));
    this.#beliefs.ask(now);
  }

  #word(word: string): number {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const place = Math.min(this.#words.size, 65_535);
    this.#words.set(word, place);
    return place;
  }

  /** Returns what was recorded so far. `judged` says whether the call with this index counts. */
  done(judged: (index: number) => boolean = () => true): {
    calls: CallColumns;
    requests: RequestColumns;
    events: EventColumns;
    words: string[];
    beliefs: Belief[];
  } {
    const { calls, requests, events } = this.#columns;
    const counted = Uint8Array.from({ length: calls.start.length }, (_, index) => (judged(index) ? 1 : 0));
    return {
      calls: { ...finished(calls), judged: counted },
      requests: finished(requests),
      events: finished(events),
      words: [...this.#words.keys()],
      beliefs: this.#beliefs.done(),
    };
  }
}

function columns() {
  return {
    calls: {
      start: new Grow(Float64Array),
      end: new Grow(Float64Array),
      outcome: new Grow(Uint8Array),
      status: new Grow(Uint16Array),
      requests: new Grow(Uint16Array),
      process: new Grow(Uint16Array),
    },
    requests: { at: new Grow(Float64Array), ms: new Grow(Float64Array), answer: new Grow(Uint8Array) },
    events: {
      at: new Grow(Float64Array),
      call: new Grow(Uint32Array),
      type: new Grow(Uint8Array),
      attempt: new Grow(Uint8Array),
      ms: new Grow(Float64Array),
      status: new Grow(Uint16Array),
      why: new Grow(Uint16Array),
    },
  };
}

type Finished<Columns> = { [Name in keyof Columns]: Columns[Name] extends { done(): infer Numbers } ? Numbers : never };

function finished<Columns extends Record<string, { done(): unknown }>>(open: Columns): Finished<Columns> {
  return Object.fromEntries(Object.entries(open).map(([name, column]) => [name, column.done()])) as Finished<Columns>;
}

function answerOf(status: number): number {
  if (status < 400) return Answer.ok;
  return status === 429 ? Answer.refused : Answer.failed;
}

/** The reason that the event gives. */
function whyOf(event: SteadfetchEvent): string {
  switch (event.type) {
    case 'attempt':
    case 'end':
      return event.error === undefined ? '' : nameOf(event.error);
    case 'wait':
      return event.source;
    case 'queue':
    case 'offline':
      return event.action;
    case 'gate':
      return `${event.action}: ${event.reason}`;
    case 'circuit':
      return event.action;
    case 'budget':
    case 'recover':
      return event.cause;
    case 'give-up':
      return event.reason;
    default:
      return '';
  }
}

function nameOf(error: unknown): string {
  const { name, code, cause } = Object(error) as { name?: unknown; code?: unknown; cause?: { code?: unknown } };
  return String(code ?? cause?.code ?? name ?? error);
}
