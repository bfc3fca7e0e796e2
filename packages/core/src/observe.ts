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
  const settings = { listener, clock: checkClock('observe', clock), now: monotonic(clock) };
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

interface Settings {
  readonly listener: Listener;
  readonly clock: Clock;
  readonly now: () => number;
}

/** One call below one observer. */
class Observation implements CallObservation {
  readonly settings: Settings;
  readonly #outer: Observation | undefined;
  readonly #startedAt: number;
  #base: Omit<EventBase, 'attempt' | 'at' | 'elapsed'> | undefined;
  #attempts = 0;
  /** The attempt that the last event belongs to. */
  #latest = 1;

  constructor({ observed }: Call, settings: Settings) {
    this.settings = settings;
    this.#outer = observed instanceof Observation ? observed : undefined;
    this.#startedAt = settings.now();
  }

  watch(call: Call, next: (call: Call) => Promise<Response>): Promise<Response> {
    const { steadfetch, ...init } = (call.init ?? {}) as { steadfetch?: { meta?: unknown } };
    if (steadfetch) call.record.meta = steadfetch.meta;
    const watched = call.with({ observed: this, ...(steadfetch && { init }) });
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
    this.#tellOwn(call, { type: 'start' });
  }

  end(call: Call, ending: Ending): void {
    const ms = this.settings.now() - this.#startedAt;
    this.#tellOwn(call, { type: 'end', ...ending, attempt: this.#latest, ms, attempts: this.#attempts });
  }

  emit(call: Call, moment: Moment): void {
    try {
      const event = this.#root.#eventOf(call, moment);
      for (let heard: Observation | undefined = this; heard; heard = heard.#outer) heard.#tell(event);
    } catch {
      // a URL or a method that cannot be read
    }
  }

  send(call: Call, send: (mark: ObservedMark) => Promise<Response>): Promise<Response> {
    const { record, retried, remaining } = call;
    const mark = { record, retried, remaining, attempt: call.attempt, observed: this, taken: false };
    const attempt = call.attempt + record.resends;
    const { now } = this.settings;
    const sentAt = now();
    const tell = (ending: Ending) => {
      if (!mark.taken) this.emit(call, { type: 'attempt', ...ending, attempt, ms: now() - sentAt });
    };
    return send(mark).then(
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

  get #root(): Observation {
    return this.#outer ? this.#outer.#root : this;
  }

  #eventOf(call: Call, moment: Moment): SteadfetchEvent {
    const { record, method, origin } = call;
    this.#base ??= { callId: callIdOf(record), method, origin, url: redactUrl(call.url), ...metaOf(record) };
    const { clock, now } = this.settings;
    const attempt = call.attempt + record.resends;
    return Object.freeze({
      type: moment.type,
      ...this.#base,
      attempt,
      at: clock.now(),
      elapsed: now() - this.#startedAt,
      ...(moment as object),
    }) as SteadfetchEvent;
  }

  #tellOwn(call: Call, moment: Moment): void {
    try {
      this.#tell(this.#eventOf(call, moment));
    } catch {
      // as above
    }
  }

  #tell(event: SteadfetchEvent): void {
    if (event.type === 'attempt') this.#attempts++;
    this.#latest = event.attempt;
    notify(this.settings.listener, event);
  }
}

function metaOf({ meta }: { readonly meta: unknown }): { meta?: unknown } {
  return meta === undefined ? {} : { meta };
}
