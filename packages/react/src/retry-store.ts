import { type Clock, type EventOf, type Listener, monotonic, notify, type SteadfetchEvent } from '@steadfetch/core';
import { clockOption, endSleep, type OptionTable, readOptions } from '@steadfetch/core/kit';

/** A call that is being retried. The same object as long as nothing changes. */
export interface RetryState {
  /** Another one for each call: a `key` for React. */
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** What the call was made with: `fetch(url, { steadfetch: { meta } })`. */
  readonly meta?: unknown;
  /** The attempt that comes next or is under way, from 2. */
  readonly attempt: number;
  /** How many attempts there are at most. */
  readonly maxAttempts: number;
  /** Whole seconds until it starts, rounded up; 0 while it is under way. */
  readonly seconds: number;
  /** What the attempt before ended with: the status, or the code or name of the error. */
  readonly cause: string;
  /** What asked for the wait: `backoff`, or the response field, e.g. `retry-after`; `budget` while that holds the call. */
  readonly source: string;
  /** Ends the call with an `AbortError`, while it waits. */
  readonly cancel: () => void;
  /** Ends our own backoff. What the server asked for is never cut short. Returns whether the attempt starts now. */
  readonly retryNow: () => boolean;
}

/** A listener for `observe` that keeps the calls that are being retried, and notifies subscribers of changes. */
export interface RetryStore extends Listener {
  /** Calls `onChange` after each change, until the function that it returns is called. What it throws or rejects is ignored. */
  subscribe(onChange: () => void): () => void;
  /** The same array as long as nothing changes. */
  getSnapshot(): readonly RetryState[];
  /** Always empty. */
  getServerSnapshot(): readonly RetryState[];
}

export interface RetryStoreOptions {
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<RetryStoreOptions>;

/** The options as data: what each may be, and its default. */
export const retryStoreOptions: OptionTable<RetryStoreOptions> = OPTIONS;

const NONE: readonly RetryState[] = [];

/** Calls without an `end` event are forgotten, the oldest first. */
const MAX_CALLS = 100;

/** The least time between two updates of the views, in milliseconds: else many waiting calls would render a page at each of their seconds. */
const LEAST_BETWEEN_UPDATES_MS = 200;

/**
 * Keeps the calls that are being retried, for `useRetryState` or any other view. It has a timer only while somebody
 * subscribes and a call waits.
 *
 * @throws a `TypeError` that names the option
 * @example
 * export const retries = retryStore();
 * export const api = compose(observe(retries), retry())(fetch);
 */
export function retryStore(options?: RetryStoreOptions): RetryStore {
  const calls = new RetriedCalls(readOptions('retryStore', OPTIONS, options).clock);
  const listener = (event: SteadfetchEvent) => calls.record(event);
  return Object.assign(listener, {
    subscribe: calls.subscribe,
    getSnapshot: () => calls.states,
    getServerSnapshot: () => NONE,
  });
}

interface Entry {
  state: RetryState;
  /** When the wait ends, by a clock that never goes back. */
  until: number;
}

class RetriedCalls {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #entries = new Map<number, Entry>();
  readonly #subscribers = new Set<() => void>();
  #timer: AbortController | undefined;
  states = NONE;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#now = monotonic(clock);
  }

  record(event: SteadfetchEvent): void {
    const { callId, type } = event;
    if (type === 'wait') this.#add(event, event);
    else if (type === 'budget') this.#add(event, { source: type, retryNow: () => false });
    else if (type === 'attempt' || !this.#entries.has(callId)) return;
    else if (type === 'recover' || type === 'give-up' || type === 'end') this.#entries.delete(callId);
    else return;
    this.#update();
  }

  readonly subscribe = (onChange: () => void): (() => void) => {
    // one function may subscribe twice
    const own = () => onChange();
    this.#subscribers.add(own);
    this.#update();
    return () => {
      this.#subscribers.delete(own);
      this.#arm();
    };
  };

  #add(event: EventOf<'wait' | 'budget'>, { source, retryNow }: Pick<EventOf<'wait'>, 'source' | 'retryNow'>): void {
    const { callId, method, url, meta, attempt, maxRetries, cause, ms, cancel } = event;
    const state: RetryState = {
      ...{ callId, method, url, meta, attempt: attempt + 1, cause, source },
      // a limiter inside may have repeated the call more often
      maxAttempts: Math.max(attempt, maxRetries) + 1,
      seconds: secondsIn(ms),
      cancel: () => cancel?.(),
      retryNow: () => {
        const goes = retryNow();
        if (goes) {
          entry.until = this.#now();
          this.#update();
        }
        return goes;
      },
    };
    const entry: Entry = { state, until: this.#now() + ms };
    this.#entries.set(callId, entry);
    if (this.#entries.size > MAX_CALLS) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Brings the states up to date, and notifies subscribers where one has changed. */
  #update(): void {
    const now = this.#now();
    for (const entry of this.#entries.values()) {
      const seconds = secondsIn(entry.until - now);
      if (seconds !== entry.state.seconds) entry.state = { ...entry.state, seconds };
    }
    const states = Array.from(this.#entries.values(), ({ state }) => state);
    const isSame = states.length === this.states.length && states.every((state, index) => state === this.states[index]);
    this.#arm();
    if (isSame) return;
    this.states = states.length > 0 ? states : NONE;
    // one that subscribes anew is notified of the next change
    for (const onChange of [...this.#subscribers]) if (this.#subscribers.has(onChange)) notify(onChange);
  }

  /** Wakes up when the next number of seconds changes. */
  #arm(): void {
    endSleep(this.#timer);
    this.#timer = undefined;
    if (this.#subscribers.size === 0) return;
    const now = this.#now();
    const lefts = Array.from(this.#entries.values(), ({ until }) => until - now).filter((left) => left > 0);
    if (lefts.length === 0) return;
    const timer = new AbortController();
    this.#timer = timer;
    const next = Math.min(...lefts.map((left) => left - (secondsIn(left) - 1) * 1_000));
    this.#clock.sleep(Math.max(LEAST_BETWEEN_UPDATES_MS, next), timer.signal).then(
      () => timer.signal.aborted || this.#update(), // a clock may resolve a sleep that was ended
      () => {},
    );
  }
}

function secondsIn(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1_000));
}
