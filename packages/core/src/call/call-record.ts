import { shared } from './shared.ts';

/** The server's last answer, kept when the response itself is discarded. */
export interface LastAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** How long the server asked to wait, in milliseconds from when it answered, if it did. */
  readonly retryAfter?: number;
}

/** The outcome of one attempt. Times are milliseconds. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly attempt: number;
  readonly status?: number;
  readonly error?: unknown;
  /** The `Idempotency-Key` that the attempt carried, if it did. */
  readonly idempotencyKey?: string;
  /** When the attempt ended, since the epoch. */
  readonly at: number;
  /** The wait that followed, if one did, and what asked for it. */
  readonly delay?: number;
  readonly delaySource?: string;
}

/**
 * The history of one logical call: one object per call, shared by all layers, copies and attempts. Layers write to it,
 * and errors are made from it.
 */
export interface CallRecord {
  /** Requests handed to the plain `fetch`, whichever layer repeated them. */
  sends: number;
  /** How often a layer inside the retry sent the call again, in addition to the attempts that `Call.attempt` counts. */
  resends: number;
  /** How many retries and resends the call may make in all: the most that a layer around it allows. */
  maxRepeats: number;
  /** The number of the call in events; 0 until one is needed. */
  id: number;
  /** What the call waits for inside one of our layers, for error messages, e.g. `its turn in rateLimit()`. */
  waitingFor?: string | undefined;
  /** How long its requests have waited for their turn in `rateLimit()`, in milliseconds: no server was asked meanwhile. */
  waited: number;
  lastAnswer?: LastAnswer | undefined;
  /** The last hundred attempts, oldest first, for `keepHistory`; `undefined` until one has failed. Written by `addAttempt`. */
  history?: readonly AttemptRecord[] | undefined;
  /** How long the call has been under way, in milliseconds, where a layer times it. */
  age?: (() => number) | undefined;
  /** Whether another attempt may follow, as far as the retry around the call knows now. Asked before a `timeout` cuts one. */
  mayRetry: ((call: { readonly origin: string }) => boolean) | undefined;
  /** The limit (ms) that the attempt under way has outlasted, where a `timeout` did not cut it; else 0. */
  outlasted: number;
  /** Called when a request is handed to the plain `fetch`, for a layer that counts sends. */
  onSend?: (() => void) | undefined;
  /** The field in which the call carries its key, where that is not `Idempotency-Key`. */
  keyField?: string | undefined;
  /** Whether the key was made for this call, so that no earlier request can have sent it. */
  keyIsNew?: boolean | undefined;
  /** What the caller attached to the call, for events. */
  meta?: unknown;
  /** What a relative URL of the call was relative to when the call was made. */
  base: string | undefined;
}

/** The record of a call that has done nothing yet. */
export function callRecord(base?: string): CallRecord {
  return { sends: 0, resends: 0, maxRepeats: 0, id: 0, mayRetry: undefined, outlasted: 0, waited: 0, base };
}

/** So many attempts are kept, the last ones: a call may be retried for days. */
const KEPT = 100;

/** Adds an attempt that has ended. The list is a new one each time, since the old one may have been handed out. */
export function addAttempt(record: CallRecord, attempt: AttemptRecord): void {
  record.history = (record.history ?? []).slice(1 - KEPT).concat(attempt); // a spread holds 110 bytes more
}

const COUNT = Symbol.for('steadfetch.calls.1');

/** How many calls have a number: one count for all copies, since one listener may get events of several. */
let count: { calls: number } | undefined;

/** The number of the call, for events. */
export function callIdOf(record: CallRecord): number {
  if (record.id === 0) {
    count ??= shared(COUNT, { calls: 0 });
    record.id = ++count.calls;
  }
  return record.id;
}
