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

/** Gets the events of calls. What it throws or rejects is ignored, and no call waits for it. */
export type Listener = (event: SteadfetchEvent) => unknown;

export interface ObserveOptions {
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<ObserveOptions>;

/** The observers that a fetch begins with, for a loop around it that is not ours. */
const OBSERVERS: unique symbol = Symbol.for('steadfetch.observers.2') as never;

/** The fetch brings along what observes a call, so that a loop around one that is not observed has none of that code. */
interface Observers {
  /** Outermost first. */
  readonly all: readonly Observer[];
  observe(call: Call): CallObservation;
}

type Observable = Fetch & { [OBSERVERS]?: Observers | undefined };

/**
 * Calls a listener with everything that our middlewares below do to a call, in order: put it first.
 *
 * The events are the union `SteadfetchEvent`. Each is one frozen object, the same for all observers that get it. An
 * observer gets what happens to the call below it, through any foreign wrapper that keeps the members of `init`.
 *
 * @throws a `TypeError` when the listener is not a function, or that names the option
 * @example compose(observe((event) => console.debug(event.type, event.url)), retry(), timeout(10_000))(fetch)
 */
export function observe(listener: Listener, options?: ObserveOptions): Middleware {
  const { clock } = readOptions('observe', OPTIONS, options);
  return observeBy({ listener: checkFunction('observe: listener', listener), clock }, 'observe');
}

/** The middleware behind `observe`. */
export function observeBy(given: Omit<Observer, 'now'>, name: string): Middleware {
  const observer = { ...given, now: monotonic(given.clock) };
  const middleware = defineMiddleware((call, next) => {
    if (isOf(call.observed, observer)) return next(call);
    return new Observation(call, observer).watch(call, next);
  }, name);
  return (next) => {
    const all = [observer, ...((next as Observable | undefined)?.[OBSERVERS]?.all ?? [])];
    return Object.assign(middleware(next), { [OBSERVERS]: { all, observe: (call: Call) => observationBy(all, call) } });
  };
}

/** The fetch, with the observers of the fetch inside it. */
export function withObserverOf<Outer extends Fetch>(fetch: Outer, inner: Fetch): Outer {
  return Object.assign(fetch, { [OBSERVERS]: (inner as Observable)[OBSERVERS] });
}

/** What a loop around our layers reports of a call by itself, to the observers that the fetch inside begins with. */
export interface CallObservation {
  /** For the layers inside. */
  readonly observed: Observed;
  /** The time left of the call, in milliseconds, as far as an observer says. */
  remaining(): number;
  start(call: Call): void;
  end(call: Call, ending: Ending): void;
}

/** What makes the observation of a call, for a loop around this fetch that can report more of it than the fetch can. */
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
  /** The time left of each call, in milliseconds, for a loop around our layers. */
  readonly remaining?: () => number;
  readonly clock: Clock;
  readonly now: () => number;
}

/** One call below one observer. */
class Observation implements Observed {
  readonly retries: RetryObserver = retryObserver;
  readonly #observer: Observer;
  readonly #outer: Observation | undefined;
  readonly #root: Observation;
  /** What another copy of this package observes, further out than all of these. */
  readonly #further: Observed | undefined;
  /** What the nearest observer that has it does around each request. */
  readonly #around: Observer['around'];
  readonly #startedAt: number;
  /** The same moment since the epoch: one reading of that clock per call. */
  readonly #epoch: number;
  /** Of the latest event. The URL is read again only where a layer or a hook sends the call to another server. */
  #origin: string | undefined;
  #url = '';
  #attempts = 0;
  /** The latest attempt that an event belongs to. */
  #latest = 1;
  /** Of the outermost observation: the requests that are under way, each with what reports its end. */
  readonly #open = new Map<(ending: Ending) => void, Call>();

  constructor({ observed }: Call, observer: Observer) {
    this.#observer = observer;
    this.#outer = observed instanceof Observation ? observed : undefined;
    this.#root = this.#outer ? this.#outer.#root : this;
    this.#further = this.#outer ? this.#outer.#further : observed;
    this.#around = observer.around ?? (this.#outer ? this.#outer.#around : undefined);
    this.#startedAt = observer.now();
    this.#epoch = observer.clock.now();
  }

  watch(call: Call, next: (call: Call) => Promise<Response>): Promise<Response> {
    call.record.meta ??= metaOf(call);
    this.start(call);
    return follow(next(call.with({ observed: this })), (ending) => this.end(call, ending));
  }

  /** Whether this is the observation of that observer, or one further out is. */
  isOf(observer: Observer): boolean | undefined {
    return this.#observer === observer || isOf(this.#outer ?? this.#further, observer);
  }

  start(call: Call): void {
    this.#notify(call, { type: 'start' }, this, this.#startedAt);
  }

  end(call: Call, ending: Ending): void {
    this.#endAborted();
    const now = this.#observer.now();
    const ms = now - this.#startedAt;
    this.#notify(call, { type: 'end', ...ending, attempt: this.#latest, ms, attempts: this.#attempts }, this, now);
  }

  send(call: Call & Mark, send: () => Promise<Response>): Promise<Response> {
    this.#endAborted();
    call.taken = false;
    const attempt = call.attempt + call.record.resends;
    const { now } = this.#root.#observer;
    const around = this.#around;
    const further = this.#further;
    const request = further ? () => further.send(call, send) : send;
    const sentAt = now();
    const report = (ending: Ending) => {
      if (!this.#root.#open.delete(report)) return;
      const at = now();
      if (!call.taken) this.#notify(call, { type: 'attempt', ...ending, attempt, ms: at - sentAt }, this.#root, at);
    };
    this.#root.#open.set(report, call);
    return follow(around ? around(call, request) : request(), report);
  }

  /** A request that an abort or a timeout has ended rejects later, or never. One that nothing ends, as another part of the call, goes on. */
  #endAborted(): void {
    for (const [report, { signal }] of this.#root.#open) if (signal?.aborted) report({ error: abortReason(signal) });
  }

  emit(call: Call, moment: Moment): void {
    this.#endAborted();
    this.#notify(call, moment, this.#root, this.#root.#observer.now());
    this.#further?.emit(call, moment);
  }

  /** Calls this listener, and those further out up to `from`. If a member of the call cannot be read, there is no event. */
  #notify(call: Call, moment: Moment, from: Observation, now: number): void {
    try {
      const { record, method, origin } = call;
      if (from.#origin !== origin) from.#url = redactUrl(call.url);
      from.#origin = origin;
      const elapsed = now - from.#startedAt;
      const event = Object.freeze({
        ...(moment as SteadfetchEvent),
        callId: callIdOf(record),
        method,
        url: from.#url,
        origin,
        attempt: moment.attempt ?? call.attempt + record.resends,
        at: from.#epoch + elapsed,
        elapsed,
        meta: record.meta,
      });
      for (let observation: Observation | undefined = this; observation; observation = observation.#outer) {
        if (event.type === 'attempt') observation.#attempts++;
        observation.#latest = Math.max(observation.#latest, event.attempt);
        notify(observation.#observer.listener, event);
        if (observation === from) break;
      }
    } catch {}
  }
}

/** Also where another copy of this package observes: it has taken the observer from the fetch inside. */
function isOf(observed: Observed | undefined, observer: Observer): boolean | undefined {
  return (observed as Partial<Observation> | undefined)?.isOf?.(observer);
}

/** The same promise, and reports how it ends. */
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
