import { shared } from './shared.ts';

/** The server's last answer, kept when the response itself is discarded. */
export interface LastAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** How long the server asked to wait, in milliseconds from its answer; absent if it did not ask. */
  readonly retryAfter?: number;
}

/** The outcome of one attempt. Times are milliseconds. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly attempt: number;
  readonly status?: number;
  readonly error?: unknown;
  /** The `Idempotency-Key` of the attempt, if it had one. */
  readonly idempotencyKey?: string;
  /** When the attempt ended, since the epoch. */
  readonly at: number;
  /** The wait after the attempt, if there was one, and the source that asked for it. */
  readonly delay?: number;
  readonly delaySource?: string;
}

/**
 * The state and history of one logical call: one object, shared by all layers, copies and attempts of the call. Layers write
 * to it, and errors show parts of it.
 */
export interface CallRecord {
  /** How many requests were handed to the plain `fetch`, whichever layer sent them. */
  sends: number;
  /** How often a layer inside `retry` sent the call again. `Call.attempt` does not count these. */
  resends: number;
  /** How many retries and resends the call may make in total: the largest number that a layer around it allows. */
  maxRepeats: number;
  /** The number of the call in events; 0 until an event needs it. */
  id: number;
  /** What the call is waiting for in one of our layers, for error messages: `its turn in rateLimit()`. */
  waitingFor?: string | undefined;
  /** How long its requests have waited for a turn in `rateLimit()`, in milliseconds. This time is not part of an attempt. */
  waited: number;
  lastAnswer?: LastAnswer | undefined;
  /** The last hundred attempts, oldest first, for `keepHistory`; `undefined` until one has failed. Written by `addAttempt`. */
  history?: readonly AttemptRecord[] | undefined;
  /** Returns the age of the call in milliseconds; set if a layer measures it. */
  age?: (() => number) | undefined;
  /** Whether the retry around the call would allow another attempt now. `timeout` asks before it cuts an attempt. */
  mayRetry: ((call: { readonly origin: string }) => boolean) | undefined;
  /** The limit (ms) that the current attempt has outlasted, because a `timeout` did not cut it; else 0. */
  outlasted: number;
  /** Called when a request is handed to the plain `fetch`. A layer that counts requests sets it. */
  onSend?: (() => void) | undefined;
  /** The name of the field that carries the key of the call, if it is not `Idempotency-Key`. */
  keyField?: string | undefined;
  /** Whether the key was made for this call, so that no earlier request can have sent it. */
  keyIsNew?: boolean | undefined;
  /** What the caller attached to the call, for events. */
  meta?: unknown;
  /** The base of the call's relative URL at the time of the call. */
  base: string | undefined;
}

/** Returns the record of a new call. */
export function callRecord(base?: string): CallRecord {
  return { sends: 0, resends: 0, maxRepeats: 0, id: 0, mayRetry: undefined, outlasted: 0, waited: 0, base };
}

/** Only the last attempts are kept, since a call may be retried for days. */
const MAX_ATTEMPTS_KEPT = 100;

/** Adds an attempt that has ended. Makes a new list each time, since the caller may hold the old one. */
export function addAttempt(record: CallRecord, attempt: AttemptRecord): void {
  record.history = (record.history ?? []).slice(1 - MAX_ATTEMPTS_KEPT).concat(attempt); // a spread would hold 110 bytes more
}

const COUNT = Symbol.for('steadfetch.calls.1');

/** How many calls have a number. All copies of this package share the count, since one listener may get events from several. */
let count: { calls: number } | undefined;

/** Returns the number of the call for events, and assigns it at the first use. */
export function callIdOf(record: CallRecord): number {
  if (record.id === 0) {
    count ??= shared(COUNT, { calls: 0 });
    record.id = ++count.calls;
  }
  return record.id;
}
