import type { Call } from '../call/call.ts';
import type { LastAnswer } from '../call/call-record.ts';
import type { RetryObserver } from './retry-events.ts';

/** The members of every event. Times and durations are in milliseconds. */
interface EventBase {
  /** The same for all events of one call. */
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** The scheme, host and port of the call's URL. */
  readonly origin: string;
  /** The attempt that the event belongs to, 1 for the first. Counts the attempts of all layers that repeat the call. */
  readonly attempt: number;
  /** The time of the event, since the epoch. */
  readonly at: number;
  /** The time since the call began. */
  readonly elapsed: number;
  /** The `meta` option of the call: `fetch(url, { steadfetch: { meta } })`. */
  readonly meta?: unknown;
}

/** How an attempt or a call ended: with a response or with an error. */
export interface Ending {
  readonly status?: number;
  /** To look at. Do not read its body, which belongs to the caller. */
  readonly response?: Response;
  readonly error?: unknown;
}

/** The members of events of `retry` that describe the attempt that just ended. */
export interface FailureMembers extends Omit<Ending, 'status'> {
  /** A copy. To change it has no effect. */
  readonly outcome: object;
  /** The status, or the error's code or name. Short enough for a log line. */
  readonly cause: string;
  /** The `Idempotency-Key` of the call, if it carries one. */
  readonly idempotencyKey?: string;
}

/** The call enters the observer. */
interface StartEvent extends EventBase {
  readonly type: 'start';
}

/** A request to the plain `fetch` has ended: its headers have arrived, or it has failed. */
interface AttemptEvent extends EventBase, Ending {
  readonly type: 'attempt';
  /** The duration of the request. */
  readonly ms: number;
}

/** `retry` will send the call again after a wait. */
interface WaitEvent extends EventBase, FailureMembers {
  readonly type: 'wait';
  /** The length of the wait. */
  readonly ms: number;
  /** The planned end of the wait, since the epoch. */
  readonly until: number;
  /** What determined the wait: `backoff`, or a response field such as `retry-after`. */
  readonly source: string;
  /** Why the attempt counts as failed. */
  readonly reason: string;
  readonly maxRetries: number;
  /**
   * Ends the call with this error, or with an `AbortError`, like an abort by the caller. Has no effect after the wait. Ignores an argument
   * that is not an error, so that it can be the handler of a button.
   */
  cancel(reason?: unknown): void;
  /**
   * Ends our own backoff, so that the call continues at once. Never shortens a wait that the server asked for. Returns whether the call
   * continues.
   */
  retryNow(): boolean;
}

/** `concurrency` has no free slot: the call waits for one, or is refused. */
interface QueueEvent extends EventBase {
  readonly type: 'queue';
  readonly action: 'wait' | 'refused';
  readonly key: string;
  /** The number of calls in flight. */
  readonly active: number;
  /** The number of calls that wait, with this one unless it is refused. */
  readonly queued: number;
  /** Only if the call waits: as in the `wait` event. */
  cancel?(reason?: unknown): void;
}

/**
 * `rateLimit` makes the call wait (`wait`), does not send it (`refused`), closes the gate because of the answer to the call (`closed`), or
 * returns the server's refusal to the caller (`returned`).
 */
interface GateEvent extends EventBase {
  readonly type: 'gate';
  readonly action: 'wait' | 'refused' | 'closed' | 'returned';
  readonly key: string;
  /** The shortest wait; of `refused`, the necessary wait; else how long the gate is closed. 0 if only the next answer can show it. */
  readonly ms: number;
  /** The end of `ms`, since the epoch. */
  readonly until: number;
  /** Of `wait`: `closed` or `pace`. Of `refused`: `rate-limited` or `queue-full`. Else the status, or why the refusal is returned. */
  readonly reason: string;
  /** The number of calls that wait at the gate. */
  readonly waiting: number;
  /** If a response is the cause: the wait that the server asked for. `source` is the response field. */
  readonly asked?: number;
  readonly source?: string;
  /** Only if the call waits: as in the `wait` event. */
  cancel?(reason?: unknown): void;
}

/**
 * `circuitBreaker` refuses the call, sends it as a probe, or changes its state. The state changes when a call ends, or when a call begins and
 * no probe has failed for five minutes.
 */
interface CircuitEvent extends EventBase {
  readonly type: 'circuit';
  readonly action: 'refused' | 'probe' | 'opened' | 'closed';
  readonly key: string;
  readonly state: string;
  /** An explanation for people. */
  readonly why: string;
  readonly failures: number;
  readonly failingFor: number;
  readonly openings: number;
  /** The time until a call may succeed again. */
  readonly retryAfter: number;
  readonly probes: number;
  readonly parts?: readonly string[];
  /** The latest answer of the server to a call that failed. */
  readonly lastAnswer?: LastAnswer;
}

/**
 * The browser reports that it is offline: `online` makes the call wait (`wait`), or sends it anyway (`probe`). Or the network is back and a
 * call that waited continues (`released`).
 */
interface OfflineEvent extends EventBase {
  readonly type: 'offline';
  readonly action: 'wait' | 'probe' | 'released';
  /** The number of calls that wait, with this one if it waits. */
  readonly waiting: number;
  /** Only if the call waits: as in the `wait` event. */
  cancel?(reason?: unknown): void;
}

/**
 * The budget of `retry` refused a retry. The call waits for `ms`, until the retry is due. Then follows a `wait` if the budget gives a permit,
 * else the next `budget` or the `give-up`, unless the call is cancelled.
 */
interface BudgetEvent extends EventBase, FailureMembers {
  readonly type: 'budget';
  /** How long the call waits. A retry without a permit takes its time, but sends no request. */
  readonly ms: number;
  readonly maxRetries: number;
  /** While the call waits: as in the `wait` event. */
  cancel?(reason?: unknown): void;
}

/** A retry got an answer that is not repeated: a good one, or one such as a 404. */
interface RecoverEvent extends EventBase, FailureMembers {
  readonly type: 'recover';
  readonly attempts: number;
}

/** `retry` makes no further attempt, although the outcome looked transient. After a retry also if an error did not look transient. */
interface GiveUpEvent extends EventBase, FailureMembers {
  readonly type: 'give-up';
  readonly reason: string;
  /** The wait that the server asked for or that was computed, and that was not made. `source` is as in the `wait` event. */
  readonly ms?: number;
  readonly source?: string;
  /** Whether the caller has aborted the call, also by `cancel()`. Not set if a time limit or `drain()` has ended it. */
  readonly byCaller?: boolean;
}

/** The call leaves the observer. */
interface EndEvent extends EventBase, Ending {
  readonly type: 'end';
  /** The duration of the call, until its headers had arrived. */
  readonly ms: number;
  /** The number of `attempt` events of the call. */
  readonly attempts: number;
}

/** An event of a call, reported by the layer that caused it. */
export type SteadfetchEvent =
  | StartEvent
  | AttemptEvent
  | WaitEvent
  | QueueEvent
  | GateEvent
  | CircuitEvent
  | OfflineEvent
  | BudgetEvent
  | RecoverEvent
  | GiveUpEvent
  | EndEvent;

/** The event with this `type`. */
export type EventOf<Type extends SteadfetchEvent['type']> = Extract<SteadfetchEvent, { readonly type: Type }>;

type MomentOf<Event> = Event extends SteadfetchEvent
  ? Omit<Event, keyof EventBase> & { readonly attempt?: number }
  : never;

/** An event as a layer reports it, without the members that are the same for all events of a call. */
export type Moment = MomentOf<SteadfetchEvent>;

/** The observers of a call. A layer reports events to it: `call.observed?.emit(call, { type: 'queue', … })`. */
export interface Observed {
  emit(call: Call, moment: Moment): void;
  /** Gets the decisions of `retry`. Missing if another copy of this package made the observer. */
  readonly retries?: RetryObserver;
  /** Sends a request, and reports how it ends. */
  send(call: Call, send: () => Promise<Response>): Promise<Response>;
}
