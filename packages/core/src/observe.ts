import type { Call } from './call.ts';
import { callIdOf } from './call-record.ts';
import { checkClock, checkFunction } from './check.ts';
import { type Clock, monotonic, systemClock } from './clock.ts';
import { defineMiddleware } from './define-middleware.ts';
import type { Ending, EventBase, Moment, Observed, ObservedMark, SteadfetchEvent } from './events.ts';
import type { Fetch, Middleware } from './fetch.ts';
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
  return observeBy({ listener, clock: checkClock('observe', clock), now: monotonic(clock) }, 'observe');
}

/** The middleware behind `observe`. */
export function observeBy(settings: Settings, name: string): Middleware {
  const begin = (call: Call) => new Observation(call, settings);
  const middleware = defineMiddleware((call, next) => {
    if (call.observed instanceof Observation && call.observed.settings === settings) return next(call);
    return begin(call).watch(call, next);
  }, name);
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
  /** Called around each request. */
  readonly around?: (call: Call, send: () => Promise<Response>) => Promise<Response>;
  readonly clock: Clock;
  readonly now: () => number;
}

/** One call below one observer. */
class Observation implements CallObservation {
  readonly settings: Settings;
  readonly #outer: Observation | undefined;
  readonly #startedAt: number;
  /** The same moment since the epoch: one reading of that clock per call. */
  readonly #epoch: number;
  #base: Pick<EventBase, 'callId' | 'method' | 'origin' | 'url' | 'meta'> | undefined;
  #attempts = 0;
  /** The attempt that the last event belongs to. */
  #latest = 1;

  constructor({ observed }: Call, settings: Settings) {
    this.settings = settings;
    this.#outer = observed instanceof Observation ? observed : undefined;
    this.#startedAt = settings.now();
    this.#epoch = settings.clock.now();
  }

  watch(call: Call, next: (call: Call) => Promise<Response>): Promise<Response> {
    const { steadfetch, ...init } = (call.init ?? NONE) as { steadfetch?: { meta?: unknown } };
    if (steadfetch) call.record.meta = steadfetch.meta;
    const watched = call.with(steadfetch ? { observed: this, init } : { observed: this });
    this.start(watched);
    return Promise.resolve(next(watched)).then(
      (response) => {
        this.end(call, { status: response.status, response });
        return response;
      },
      (error) => {
        this.end(call, { error });
        throw error;
      },
    );
  }

  start(call: Call): void {
    this.#tell(call, { type: 'start' }, this.#startedAt, this);
  }

  end(call: Call, ending: Ending): void {
    const now = this.settings.now();
    const ms = now - this.#startedAt;
    this.#tell(call, { type: 'end', ...ending, attempt: this.#latest, ms, attempts: this.#attempts }, now, this);
  }

  emit(call: Call, moment: Moment): void {
    this.#tell(call, moment, this.settings.now());
  }

  send(call: Call, send: (mark: ObservedMark) => Promise<Response>): Promise<Response> {
    const { record, retried, remaining } = call;
    const mark = { record, retried, remaining, attempt: call.attempt, observed: this, taken: false };
    const attempt = call.attempt + record.resends;
    const sentAt = this.settings.now();
    const tell = (ending: Ending) => {
      if (mark.taken) return;
      const now = this.settings.now();
      this.#tell(call, { type: 'attempt', ...ending, attempt, ms: now - sentAt }, now);
    };
    return this.#surround(call, () => send(mark)).then(
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

  #surround(call: Call, send: () => Promise<Response>): Promise<Response> {
    const { around } = this.settings;
    const surrounded = around ? () => around(call, send) : send;
    return this.#outer ? this.#outer.#surround(call, surrounded) : surrounded();
  }

  /** Tells this listener and those further out, or only one. A member of the call that cannot be read costs the event. */
  #tell(call: Call, moment: Moment, now: number, only?: Observation): void {
    try {
      const root = only ?? this.#root;
      // an outer observer may have another clock
      const event = root.#eventOf(call, moment, root.settings.now === this.settings.now ? now : root.settings.now());
      for (let told: Observation | undefined = this; told; told = only ? undefined : told.#outer) {
        if (event.type === 'attempt') told.#attempts++;
        told.#latest = event.attempt;
        notify(told.settings.listener, event);
      }
    } catch {}
  }

  get #root(): Observation {
    return this.#outer ? this.#outer.#root : this;
  }

  #eventOf(call: Call, moment: Moment, now: number): SteadfetchEvent {
    this.#base ??= baseOf(call);
    const { callId, method, origin, url, meta } = this.#base;
    const elapsed = now - this.#startedAt;
    const event = {
      ...(moment as EventBase & Moment),
      callId,
      method,
      url,
      origin,
      attempt: moment.attempt ?? call.attempt + call.record.resends,
      at: this.#epoch + elapsed,
      elapsed,
    };
    return Object.freeze(meta === undefined ? event : { ...event, meta }) as SteadfetchEvent;
  }
}

const NONE = {};

function baseOf({ record, method, origin, url }: Call): Omit<EventBase, 'attempt' | 'at' | 'elapsed'> {
  return { callId: callIdOf(record), method, origin, url: redactUrl(url), meta: record.meta };
}
