import type { Call } from '../call/call.ts';
import { callIdOf } from '../call/call-record.ts';
import type { Mark } from '../call/mark.ts';
import { metaOf } from '../call/meta.ts';
import { redactUrl } from '../call/origin.ts';
import { defineMiddleware } from '../chain/define-middleware.ts';
import type { Fetch, Middleware } from '../chain/fetch.ts';
import { checkFunction } from '../options/check.ts';
import { clockOption, type OptionTable, readOptions } from '../options/options.ts';
import { abortReason } from '../time/abort.ts';
import { type Clock, monotonic } from '../time/clock.ts';
import type { Ending, Moment, Observed, SteadfetchEvent } from './events.ts';
import { notify } from './notify.ts';
import { type RetryObserver, retryObserver } from './retry-events.ts';

/** Gets the events of calls. Its errors and rejections are ignored, and no call waits for it. */
export type Listener = (event: SteadfetchEvent) => unknown;

export interface ObserveOptions {
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<ObserveOptions>;

/** The member of a fetch that holds its outermost observers, for a foreign loop around it, such as ky's. */
const OBSERVERS: unique symbol = Symbol.for('steadfetch.observers.2') as never;

/** Attached to an observed fetch, so that a loop around a fetch needs no code for observers in its bundle. */
interface Observers {
  /** Outermost first. */
  readonly all: readonly Observer[];
  observe(call: Call): CallObservation;
}

type Observable = Fetch & { [OBSERVERS]?: Observers | undefined };

/**
 * Calls a listener with an event for everything that our middlewares below it do to a call, in order. Put it first.
 *
 * The events are the union `SteadfetchEvent`. Each event is one frozen object, the same for all observers. Events from inside a foreign wrapper
 * arrive too, if the wrapper keeps the members of `init`.
 *
 * @throws a `TypeError` that names the option, or says that the listener is not a function
 * @example compose(observe((event) => console.debug(event.type, event.url)), retry(), timeout(10_000))(fetch)
 */
export function observe(listener: Listener, options?: ObserveOptions): Middleware {
  const { clock } = readOptions('observe', OPTIONS, options);
  return observeBy({ listener: checkFunction('observe: listener', listener), clock }, 'observe');
}

/** Makes the middleware of `observe` and of similar layers. */
export function observeBy(settings: Omit<Observer, 'now'>, name: string): Middleware {
  const observer = { ...settings, now: monotonic(settings.clock) };
  const middleware = defineMiddleware((call, next) => {
    if (isOf(call.observed, observer)) return next(call);
    return new Observation(call, observer).watch(call, next);
  }, name);
  return (next) => {
    const all = [observer, ...((next as Observable | undefined)?.[OBSERVERS]?.all ?? [])];
    return Object.assign(middleware(next), { [OBSERVERS]: { all, observe: (call: Call) => observationBy(all, call) } });
  };
}

/** Attaches the observers of the inner fetch to the outer one, and returns the outer. */
export function withObserverOf<Outer extends Fetch>(fetch: Outer, inner: Fetch): Outer {
  return Object.assign(fetch, { [OBSERVERS]: (inner as Observable)[OBSERVERS] });
}

/** The observers of one call in a foreign loop around our layers, such as ky's. The loop reports the start and the end of the call itself. */
export interface CallObservation {
  /** To be passed to the layers inside. */
  readonly observed: Observed;
  /** The time left of the call, in milliseconds; `Infinity` if no observer sets a limit. */
  remaining(): number;
  start(call: Call): void;
  end(call: Call, ending: Ending): void;
}

/** The function with which a foreign loop around this fetch begins the observation of a call. `undefined` if the fetch has no observers. */
export function observerOf(fetch: Fetch | undefined): ((call: Call) => CallObservation) | undefined {
  return (fetch as Observable | undefined)?.[OBSERVERS]?.observe;
}

function observationBy(all: readonly Observer[], call: Call): CallObservation {
  const chain: Observation[] = [];
  for (const observer of all) {
    const [outer] = chain;
    chain.unshift(new Observation(outer ? call.with({ observed: outer }) : call, observer));
  }
  return {
    observed: chain[0]!,
    remaining: () => Math.min(...all.map(({ remaining }) => remaining?.() ?? Infinity)),
    start: (call) => {
      for (const observation of [...chain].reverse()) observation.start(call);
    },
    end: (call, ending) => {
      for (const observation of chain) observation.end(call, ending);
    },
  };
}

interface Observer {
  readonly listener: Listener;
  /** Called around each request. */
  readonly around?: (call: Call, send: () => Promise<Response>) => Promise<Response>;
  /** The time left of each call, in milliseconds, for a foreign loop around our layers. */
  readonly remaining?: () => number;
  readonly clock: Clock;
  readonly now: () => number;
}

/** Reports the events of one call to one observer, and to the observers outside it. */
class Observation implements Observed {
  readonly retries: RetryObserver = retryObserver;
  readonly #observer: Observer;
  readonly #outer: Observation | undefined;
  readonly #root: Observation;
  /** The observers of another copy of this package, outside all of ours. */
  readonly #ofOtherCopy: Observed | undefined;
  /** The `around` of the nearest observer that has one. */
  readonly #around: Observer['around'];
  readonly #startedAt: number;
  /** `#startedAt` as a time since the epoch. Read once per call; later times are computed from it. */
  readonly #epoch: number;
  /** The origin of the latest event. The URL is computed again only if a layer or a hook has changed the origin. */
  #origin: string | undefined;
  #url = '';
  #attempts = 0;
  /** The greatest attempt number of all events. */
  #lastAttempt = 1;
  /** The requests in flight, each with the function that reports its end. Only the outermost observation has some. */
  readonly #inFlight = new Map<(ending: Ending) => void, Call>();

  constructor({ observed }: Call, observer: Observer) {
    this.#observer = observer;
    this.#outer = observed instanceof Observation ? observed : undefined;
    this.#root = this.#outer ? this.#outer.#root : this;
    this.#ofOtherCopy = this.#outer ? this.#outer.#ofOtherCopy : observed;
    this.#around = observer.around ?? (this.#outer ? this.#outer.#around : undefined);
    this.#startedAt = observer.now();
    this.#epoch = observer.clock.now();
  }

  watch(call: Call, next: (call: Call) => Promise<Response>): Promise<Response> {
    call.record.meta ??= metaOf(call);
    this.start(call);
    return follow(next(call.with({ observed: this })), (ending) => this.end(call, ending));
  }

  /** Whether this observation, or one outside it, belongs to the observer. */
  isOf(observer: Observer): boolean | undefined {
    return this.#observer === observer || isOf(this.#outer ?? this.#ofOtherCopy, observer);
  }

  start(call: Call): void {
    this.#notify(call, { type: 'start' }, this, this.#startedAt);
  }

  end(call: Call, ending: Ending): void {
    this.#endAborted();
    const now = this.#observer.now();
    const ms = now - this.#startedAt;
    this.#notify(call, { type: 'end', ...ending, attempt: this.#lastAttempt, ms, attempts: this.#attempts }, this, now);
  }

  send(call: Call & Mark, send: () => Promise<Response>): Promise<Response> {
    this.#endAborted();
    call.taken = false;
    const attempt = call.attempt + call.record.resends;
    const { now } = this.#root.#observer;
    const around = this.#around;
    const otherCopy = this.#ofOtherCopy;
    const request = otherCopy ? () => otherCopy.send(call, send) : send;
    const sentAt = now();
    const report = (ending: Ending) => {
      if (!this.#root.#inFlight.delete(report)) return;
      const at = now();
      if (!call.taken) this.#notify(call, { type: 'attempt', ...ending, attempt, ms: at - sentAt }, this.#root, at);
    };
    this.#root.#inFlight.set(report, call);
    return follow(around ? around(call, request) : request(), report);
  }

  /** Reports the end of requests whose signal has aborted, before the next event: their promises reject later, or never. */
  #endAborted(): void {
    for (const [report, { signal }] of this.#root.#inFlight)
      if (signal?.aborted) report({ error: abortReason(signal) });
  }

  emit(call: Call, moment: Moment): void {
    this.#endAborted();
    this.#notify(call, moment, this.#root, this.#root.#observer.now());
    this.#ofOtherCopy?.emit(call, moment);
  }

  /** Calls the listeners from this observation outwards to `outermost`. If a member of the call cannot be read, there is no event. */
  #notify(call: Call, moment: Moment, outermost: Observation, now: number): void {
    try {
      const { record, method, origin } = call;
      if (outermost.#origin !== origin) outermost.#url = redactUrl(call.url);
      outermost.#origin = origin;
      const elapsed = now - outermost.#startedAt;
      const event = Object.freeze({
        ...(moment as SteadfetchEvent),
        callId: callIdOf(record),
        method,
        url: outermost.#url,
        origin,
        attempt: moment.attempt ?? call.attempt + record.resends,
        at: outermost.#epoch + elapsed,
        elapsed,
        meta: record.meta,
      });
      for (let observation: Observation | undefined = this; observation; observation = observation.#outer) {
        if (event.type === 'attempt') observation.#attempts++;
        observation.#lastAttempt = Math.max(observation.#lastAttempt, event.attempt);
        notify(observation.#observer.listener, event);
        if (observation === outermost) break;
      }
    } catch {}
  }
}

/** Also works if `observed` comes from another copy of this package, which may have taken the observer from the fetch inside. */
function isOf(observed: Observed | undefined, observer: Observer): boolean | undefined {
  return (observed as Partial<Observation> | undefined)?.isOf?.(observer);
}

/** Returns a promise with the same result, and reports how it settles. */
function follow(response: Promise<Response>, report: (ending: Ending) => void): Promise<Response> {
  return Promise.resolve(response).then(
    (response) => {
      report({ status: response?.status, response });
      return response;
    },
    (error) => {
      report({ error });
      throw error;
    },
  );
}
