import { type Clock, type EventOf, type Listener, monotonic, notify, type SteadfetchEvent } from '@steadfetch/core';
import { clockOption, endSleep, type OptionTable, readOptions } from '@steadfetch/core/kit';

/** A call that is being retried. Stays the same object until something changes. */
export interface RetryState {
  /** Unique for each call: use it as the React `key`. */
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** The `meta` of the call: `fetch(url, { steadfetch: { meta } })`. */
  readonly meta?: unknown;
  /** The number of the next attempt, or of the one in flight: 2 or more. */
  readonly attempt: number;
  /** The highest possible number of attempts. */
  readonly maxAttempts: number;
  /** Seconds until this attempt starts, rounded up. 0 while it is in flight. */
  readonly seconds: number;
  /** How the previous attempt failed: the status, or the code or name of the error. */
  readonly cause: string;
  /** The reason for the wait: `backoff`, a response field such as `retry-after`, or `budget` while the call waits for the retry budget. */
  readonly source: string;
  /** Ends the call with an `AbortError`. Works only while the call waits. */
  readonly cancel: () => void;
  /** Ends a backoff early. Never shortens a wait that the server asked for. Returns whether the attempt starts now. */
  readonly retryNow: () => boolean;
}

/** A listener for `observe`. It keeps a list of the calls that are being retried, and notifies subscribers of changes. */
export interface RetryStore extends Listener {
  /** Calls `onChange` after each change. Returns the function that unsubscribes. Errors and rejections of `onChange` are ignored. */
  subscribe(onChange: () => void): () => void;
  /** The list. Stays the same array until something changes. */
  getSnapshot(): readonly RetryState[];
  /** Always an empty list. */
  getServerSnapshot(): readonly RetryState[];
}

export interface RetryStoreOptions {
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<RetryStoreOptions>;

/** The options as data, with their allowed values and defaults. */
export const retryStoreOptions: OptionTable<RetryStoreOptions> = OPTIONS;

const NONE: readonly RetryState[] = [];

/** The longest list. Above it the oldest calls are dropped, since some calls never report an `end` event. */
const MAX_CALLS = 100;

/** The shortest time between two updates by the timer. Many waiting calls, each with its own countdown, would render a page too often. */
const MIN_UPDATE_INTERVAL_MS = 200;

/**
 * Makes a store of the calls that are being retried, for `useRetryState` or any other view. It has a timer only while it has a
 * subscriber and a call waits.
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
  /** When the wait ends, by `#now`. */
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
    // a new function, so that one `onChange` can subscribe twice
    const own = () => onChange();
    this.#subscribers.add(own);
    this.#update();
    return () => {
      this.#subscribers.delete(own);
      if (this.#subscribers.size === 0) endSleep(this.#timer);
    };
  };

  #add(event: EventOf<'wait' | 'budget'>, { source, retryNow }: Pick<EventOf<'wait'>, 'source' | 'retryNow'>): void {
    const { callId, method, url, meta, attempt, maxRetries, cause, ms, cancel } = event;
    const state: RetryState = {
      ...{ callId, method, url, meta, attempt: attempt + 1, cause, source },
      // resends of an inner limiter also count as attempts, and may exceed `maxRetries`
      maxAttempts: Math.max(attempt, maxRetries) + 1,
      seconds: secondsIn(ms),
      cancel: () => cancel?.(),
      retryNow: () => {
        const starts = retryNow();
        if (starts) {
          entry.until = this.#now();
          this.#update();
        }
        return starts;
      },
    };
    const entry: Entry = { state, until: this.#now() + ms };
    this.#entries.set(callId, entry);
    if (this.#entries.size > MAX_CALLS) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Updates the states, and notifies subscribers if one has changed. */
  #update(): void {
    const now = this.#now();
    for (const entry of this.#entries.values()) {
      const seconds = secondsIn(entry.until - now);
      if (seconds !== entry.state.seconds) entry.state = { ...entry.state, seconds };
    }
    const states = Array.from(this.#entries.values(), ({ state }) => state);
    const isSame = states.length === this.states.length && states.every((state, index) => state === this.states[index]);
    this.#startTimer();
    if (isSame) return;
    this.states = states.length > 0 ? states : NONE;
    // a subscriber that comes or goes during the loop is not notified of this change
    for (const onChange of [...this.#subscribers]) if (this.#subscribers.has(onChange)) notify(onChange);
  }

  /** Sets the timer for the next change of any `seconds`. */
  #startTimer(): void {
    endSleep(this.#timer);
    this.#timer = undefined;
    if (this.#subscribers.size === 0) return;
    const now = this.#now();
    const remaining = Array.from(this.#entries.values(), ({ until }) => until - now).filter((left) => left > 0);
    if (remaining.length === 0) return;
    const timer = new AbortController();
    this.#timer = timer;
    const next = Math.min(...remaining.map((left) => left - (secondsIn(left) - 1) * 1_000));
    this.#clock.sleep(Math.max(MIN_UPDATE_INTERVAL_MS, next), timer.signal).then(
      () => timer.signal.aborted || this.#update(), // a custom clock may resolve an aborted sleep
      () => {},
    );
  }
}

function secondsIn(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1_000));
}
