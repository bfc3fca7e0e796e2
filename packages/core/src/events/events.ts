import type { Call } from '../call/call.ts';
import type { LastAnswer } from '../call/call-record.ts';
import type { RetryObserver } from './retry-events.ts';

/** The members of every event. Times are milliseconds. */
interface EventBase {
  /** The same for all events of one call. */
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** The scheme, host and port that the call is for. */
  readonly origin: string;
  /** The attempt that the event belongs to, 1 for the first, whichever layer repeats the call. */
  readonly attempt: number;
  /** When, since the epoch. */
  readonly at: number;
  /** Since the call began. */
  readonly elapsed: number;
  /** What the call was made with: `fetch(url, { steadfetch: { meta } })`. */
  readonly meta?: unknown;
}

/** How something ended: in a response or in an error. */
export interface Ending {
  readonly status?: number;
  /** Observe it; its body is not yours to read. */
  readonly response?: Response;
  readonly error?: unknown;
}

/** What `retry` says of the attempt that just ended. */
export interface FailureMembers extends Omit<Ending, 'status'> {
  /** A copy: what is done to it has no effect. */
  readonly outcome: object;
  /** The status, or the error's code or name: short enough for a log line. */
  readonly cause: string;
  /** The `Idempotency-Key` of the call, if it carries one. */
  readonly idempotencyKey?: string;
}

/** The call enters the observer. */
interface StartEvent extends EventBase {
  readonly type: 'start';
}

/** A request to the plain `fetch` has ended: its headers are there, or it failed. */
interface AttemptEvent extends EventBase, Ending {
  readonly type: 'attempt';
  /** How long it took. */
  readonly ms: number;
}

/** `retry` will send the call again, after this wait. */
interface WaitEvent extends EventBase, FailureMembers {
  readonly type: 'wait';
  /** How long the wait will be. */
  readonly ms: number;
  /** When it ends, since the epoch. */
  readonly until: number;
  /** `backoff`, or the response field that asked for it, e.g. `retry-after`. */
  readonly source: string;
  /** Why the attempt counts as failed. */
  readonly reason: string;
  readonly maxRetries: number;
  /**
   * Ends the call with this error, or with an `AbortError`, as an abort by the caller does. Without effect once the wait is
   * over. What is no error is ignored, so that a button can call it.
   */
  cancel(reason?: unknown): void;
  /**
   * Ends the wait, as far as it is our own: what the server asked for stays. Returns whether the call goes now.
   */
  retryNow(): boolean;
}

/** `concurrency` has no slot free: the call waits for one, or is refused. */
interface QueueEvent extends EventBase {
  readonly type: 'queue';
  readonly action: 'wait' | 'refused';
  readonly key: string;
  /** Calls in flight. */
  readonly active: number;
  /** Calls that wait, this one included unless it is refused. */
  readonly queued: number;
  /** Of a wait: as in `wait`. */
  cancel?(reason?: unknown): void;
}

/**
 * `rateLimit` holds the call back (`wait`), does not send it (`refused`), closes the gate by what the call was answered
 * (`closed`), or hands the server's refusal to the caller (`returned`).
 */
interface GateEvent extends EventBase {
  readonly type: 'gate';
  readonly action: 'wait' | 'refused' | 'closed' | 'returned';
  readonly key: string;
  /** How long the call waits at least, would have to wait, or the gate is closed. 0 where only an answer can show it. */
  readonly ms: number;
  /** When that ends, since the epoch. */
  readonly until: number;
  /** Of a wait `closed` or `pace`; of a refusal `rate-limited` or `queue-full`; else the status, or why it is returned. */
  readonly reason: string;
  /** Calls that wait at the gate. */
  readonly waiting: number;
  /** How long the server asked to wait, and by which field, where a response is the cause. */
  readonly asked?: number;
  readonly source?: string;
  /** Of a wait: as in `wait`. */
  cancel?(reason?: unknown): void;
}

/**
 * `circuitBreaker` refuses the call, lets it through as a probe, or changes its state: by how the call ended, or as it begins where no
 * probe has failed for five minutes.
 */
interface CircuitEvent extends EventBase {
  readonly type: 'circuit';
  readonly action: 'refused' | 'probe' | 'opened' | 'closed';
  readonly key: string;
  readonly state: string;
  /** Why, in words for a person. */
  readonly why: string;
  readonly failures: number;
  readonly failingFor: number;
  readonly openings: number;
  /** Milliseconds until it is worth calling again. */
  readonly retryAfter: number;
  readonly probes: number;
  readonly parts?: readonly string[];
  /** What the server answered last to a call that failed. */
  readonly lastAnswer?: LastAnswer;
}

/**
 * The browser says that it is offline, and `online` holds the call back (`wait`), lets it go all the same (`probe`), or lets it
 * go since the network is back (`released`).
 */
interface OfflineEvent extends EventBase {
  readonly type: 'offline';
  readonly action: 'wait' | 'probe' | 'released';
  /** Calls that wait, this one included if it does. */
  readonly waiting: number;
  /** Of a wait: as in `wait`. */
  cancel?(reason?: unknown): void;
}

/**
 * The budget of `retry` refused a retry. After `ms` it is due: a `wait` follows if there is a permit by then, else the next `budget`,
 * or the `give-up`, unless the call is cancelled.
 */
interface BudgetEvent extends EventBase, FailureMembers {
  readonly type: 'budget';
  /** How long the call is held, in milliseconds: a budget takes the requests, not the time. */
  readonly ms: number;
  readonly maxRetries: number;
  /** While it is held: as in `wait`. */
  cancel?(reason?: unknown): void;
}

/** A retry got an answer that is not repeated: a good one, or one such as a 404. */
interface RecoverEvent extends EventBase, FailureMembers {
  readonly type: 'recover';
  readonly attempts: number;
}

/** No further attempt is made although the outcome looked transient; after a retry, also for an error that did not. */
interface GiveUpEvent extends EventBase, FailureMembers {
  readonly type: 'give-up';
  readonly reason: string;
  /** The wait that was asked for or computed and not taken, with its source. */
  readonly ms?: number;
  readonly source?: string;
  /** The caller has aborted the call, also by `cancel()`: no time limit has, and not `drain()`. */
  readonly byCaller?: boolean;
}

/** The call leaves the observer. */
interface EndEvent extends EventBase, Ending {
  readonly type: 'end';
  /** How long the call took, until its headers were there. */
  readonly ms: number;
  /** How many `attempt` events the call had. */
  readonly attempts: number;
}

/** What happens to a call, as the layer that does it reports it. */
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

/** An event as a layer makes it: without what is the same for all events of a call. */
export type Moment = MomentOf<SteadfetchEvent>;

/** Where a layer reports what it does to a call: `call.observed?.emit(call, { type: 'queue', … })`. */
export interface Observed {
  emit(call: Call, moment: Moment): void;
  /** Notified of what `retry` decides; missing where another copy of this package made the observer. */
  readonly retries?: RetryObserver;
  /** Sends a request, and reports how it ends. */
  send(call: Call, send: () => Promise<Response>): Promise<Response>;
}
