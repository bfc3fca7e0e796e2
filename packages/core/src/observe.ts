import type { Call } from './call.ts';
import { callIdOf } from './call-record.ts';
import { checkClock, checkFunction } from './check.ts';
import { type Clock, monotonic, systemClock } from './clock.ts';
import { defineMiddleware } from './define-middleware.ts';
import type { Ending, Moment, Observed, ObservedMark, SteadfetchEvent } from './events.ts';
import type { CallOptions, Fetch, Middleware, NamedOptions } from './fetch.ts';
import { notify } from './notify.ts';
import { redactUrl } from './redact-url.ts';

/** Hears what happens to calls. What it throws or rejects is ignored, and no call waits for it. */
export type Listener = (event: SteadfetchEvent) => unknown;

export interface ObserveOptions {
  /** @default systemClock */
  clock?: Clock;
}

/** The observer that a fetch begins with, for a loop around it that is not ours. */
const OBSERVER: unique symbol = Symbol.for('steadfetch.observer.1') as never;

type Observable = Fetch & { [OBSERVER]?: (call: Call) => CallObservation };

/**
 * Tells a listener everything that our middlewares below do to a call, in order: put it first.
 *
 * The events are the union `SteadfetchEvent`. Each is one frozen object, the same for all observers that hear it. An
 * observer hears what the call meets below it, through any foreign wrapper that keeps the members of `init`.
 *
 * @throws a `TypeError` when the listener is not a function
 * @example compose(observe((event) => console.debug(event.type, event.url)), retry(), timeout(2_000))(fetch)
 */
export function observe(listener: Listener, { clock = systemClock }: ObserveOptions = {}): Middleware {
  checkFunction('observe: listener', listener);
  return observeBy({ listener, clock: checkClock('observe', clock), now: monotonic(clock) });
}

/** The middleware behind `observe`. */
export function observeBy(settings: Settings): Middleware {
  const begin = (call: Call) => new Observation(call, settings);
  const middleware = defineMiddleware((call, next) => {
    if (call.observed instanceof Observation && call.observed.settings === settings) return next(call);
    return begin(call).watch(call, next);
  }, 'observe');
  return (next) => Object.assign(middleware(next), { [OBSERVER]: begin });
}

/** What a loop around our layers tells of a call by itself. */
export interface CallObservation extends Observed {
  start(call: Call): void;
  end(call: Call, ending: Ending): void;
}

/** What makes the observation of a call, for a loop around this fetch that tells more of it than the fetch can. */
export function observerOf(fetch: Fetch | undefined): ((call: Call) => CallObservation) | undefined {
  return (fetch as Observable | undefined)?.[OBSERVER];
}

/** The fetch, with the observer of the fetch inside it. */
export function withObserverOf<Outer extends Fetch>(fetch: Outer, inner: Fetch): Outer {
  return Object.assign(fetch, { [OBSERVER]: observerOf(inner) });
}

export interface Settings {
  readonly listener: Listener;
  /** Called around each request, where this observer is the outermost one. */
  readonly around?: (call: Call, send: () => Promise<Response>) => Promise<Response>;
  readonly clock: Clock;
  readonly now: () => number;
}

/** One call below one observer. */
class Observation implements CallObservation {
  readonly settings: Settings;
  readonly #outer: Observation | undefined;
  readonly #root: Observation;
  readonly #startedAt: number;
  /** The same moment since the epoch: one reading of that clock per call. */
  readonly #epoch: number;
  #url: string | undefined;
  #attempts = 0;
  /** The attempt that the last event belongs to. */
  #latest = 1;

  constructor({ observed }: Call, settings: Settings) {
    this.settings = settings;
    this.#outer = observed instanceof Observation ? observed : undefined;
    this.#root = this.#outer ? this.#outer.#root : this;
    this.#startedAt = settings.now();
    this.#epoch = settings.clock.now();
  }

  watch(call: Call, next: (call: Call) => Promise<Response>): Promise<Response> {
    call.record.meta ??= metaOf(call);
    this.start(call);
    return follow(next(call.with({ observed: this })), (ending) => this.end(call, ending));
  }

  start(call: Call): void {
    this.#tell(call, { type: 'start' }, this.#startedAt, true);
  }

  end(call: Call, ending: Ending): void {
    const now = this.settings.now();
    const ms = now - this.#startedAt;
    this.#tell(call, { type: 'end', ...ending, attempt: this.#latest, ms, attempts: this.#attempts }, now, true);
  }

  emit(call: Call, moment: Moment): void {
    this.#tell(call, moment, this.settings.now());
  }

  send(call: Call, send: (mark: ObservedMark) => Promise<Response>): Promise<Response> {
    const { record, retried, remaining } = call;
    const mark = { record, retried, remaining, attempt: call.attempt, observed: this } as ObservedMark;
    const attempt = call.attempt + record.resends;
    const { around } = this.#root.settings;
    const sentAt = this.settings.now();
    const response = around ? around(call, () => send(mark)) : send(mark);
    return follow(response, (ending) => {
      const now = this.settings.now();
      if (!mark.taken) this.#tell(call, { type: 'attempt', ...ending, attempt, ms: now - sentAt }, now);
    });
  }

  /** Tells this listener and those further out, or it alone. A member of the call that cannot be read costs the event. */
  #tell(call: Call, moment: Moment, now: number, alone?: boolean): void {
    try {
      const event = (alone ? this : this.#root).#eventOf(call, moment, now);
      for (let told: Observation | undefined = this; told; told = alone ? undefined : told.#outer) {
        if (event.type === 'attempt') told.#attempts++;
        told.#latest = event.attempt;
        notify(told.settings.listener, event);
      }
    } catch {}
  }

  #eventOf(call: Call, moment: Moment, now: number): SteadfetchEvent {
    const { record, method, origin } = call;
    this.#url ??= redactUrl(call.url);
    const elapsed = now - this.#startedAt;
    return Object.freeze({
      ...(moment as SteadfetchEvent),
      callId: callIdOf(record),
      method,
      url: this.#url,
      origin,
      attempt: moment.attempt ?? call.attempt + record.resends,
      at: this.#epoch + elapsed,
      elapsed,
      meta: record.meta,
    });
  }
}

/** What the call was made with, also in the member that no other library reads. */
export function metaOf({ init }: Call): unknown {
  const options = init as (CallOptions & NamedOptions) | undefined;
  return options?.meta ?? options?.steadfetch?.meta;
}

/** The same promise, with a word about how it ends. */
function follow(response: Promise<Response>, tell: (ending: Ending) => void): Promise<Response> {
  return Promise.resolve(response).then(
    (response) => {
      tell({ status: response.status, response });
      return response;
    },
    (error) => {
      tell({ error });
      throw error;
    },
  );
}
