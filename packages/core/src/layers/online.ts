import { keepBody, releaseBody } from '../body/keep-body.ts';
import type { Call } from '../call/call.ts';
import { isIdempotent } from '../call/idempotent.ts';
import { defineMiddleware, type Layer, type Next } from '../chain/define-middleware.ts';
import type { Middleware } from '../chain/fetch.ts';
import { ignoreRejection } from '../events/notify.ts';
import { checkFunction, checkMembers, checkMs } from '../options/check.ts';
import { isDevelopment } from '../options/is-development.ts';
import { clockOption, type OptionTable, readOptions, type Settings } from '../options/options.ts';
import { transientKind } from '../outcome/classify-error.ts';
import { onAbort } from '../time/abort.ts';
import { cancellable } from '../time/cancellable.ts';
import { type Clock, endSleep, monotonic } from '../time/clock.ts';

/** What has the events `online` and `offline`, as `window` does. */
export type OnlineTarget = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

export interface OnlineOptions {
  /**
   * How long after a probe the next call is sent although the browser says that it is offline, in milliseconds.
   * @default 15_000
   */
  probeEvery?: number;
  /** Whether the browser says that it is online; a function that throws counts as yes. @default () => navigator.onLine !== false */
  isOnline?: () => boolean;
  /** What has the events `online` and `offline`. @default globalThis */
  target?: OnlineTarget;
  /** Where its times come from. @default systemClock */
  clock?: Clock;
}

const OPTIONS = {
  probeEvery: { check: checkMs, default: 15_000, min: 1 },
  isOnline: {
    check: checkFunction,
    default: () => (globalThis.navigator as { readonly onLine?: boolean } | undefined)?.onLine !== false,
  },
  target: {
    check: (option: string, target: OnlineTarget) =>
      checkMembers(option, target, ['addEventListener', 'removeEventListener']),
  },
  clock: clockOption,
} satisfies OptionTable<OnlineOptions>;

/** The options as data: what each may be, and its default. */
export const onlineOptions: OptionTable<OnlineOptions> = OPTIONS;

/**
 * Holds calls back while the browser is offline, and sends them when it is back. Put it inside `retry` and
 * `circuitBreaker`.
 *
 * A browser may say that it is offline when it is not. So a call is sent as a probe all the same, at most one in
 * `probeEvery`: the first that can be repeated, or after that time the first. If the probe is answered, what the browser says is
 * ignored until it says something else; for reads alone if it was a GET or HEAD, which a cache may have answered. If the probe
 * finds no network, it waits again. It fails if it may not be repeated (by its method and key, or since it says `retry: false`),
 * if the same request would fail again, or if no time is left.
 *
 * Where there is no `navigator.onLine`, as in Node, calls pass through.
 *
 * @throws a `TypeError` or `RangeError` that names the option
 * @throws the caller's abort reason, also while waiting
 * @example compose(retry(), online(), timeout(10_000))(fetch)
 */
export function online(options?: OnlineOptions): Middleware {
  const network = new Network(readOptions('online', OPTIONS, options));
  return defineMiddleware((call, next) => network.run(call, next), layer());
}

declare const process: { readonly env: { readonly NODE_ENV?: string } };

/** The rules are for developers: their texts are not part of a production bundle. */
function layer(): Layer {
  const own: Layer = { name: 'online' };
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    own.mustBeInside = [
      ['retry', 'what waits for the network is not sent again when it fails'],
      ['circuitBreaker', 'probes of a browser that is offline count as failures of the server'],
    ];
  }
  return own;
}

/** Why a call may go. */
type Why = 'probe' | 'online';

interface Waiting {
  readonly call: Call;
  readonly isRepeatable: boolean;
  readonly go: (why: Why) => void;
}

/** What is known of the network, and the calls that wait for it. */
class Network {
  readonly #settings: Settings<OnlineOptions, typeof OPTIONS>;
  readonly #now: () => number;
  readonly #waiting = new Set<Waiting>();
  /** The calls of which one was answered although the browser says that it is offline: that of a read may come from a cache. */
  #wrongFor: 'reads' | 'all' | undefined;
  #nextProbe = -Infinity;
  #timer: AbortController | undefined;
  #target: OnlineTarget | undefined;

  constructor(settings: Settings<OnlineOptions, typeof OPTIONS>) {
    this.#settings = settings;
    this.#now = monotonic(settings.clock);
  }

  run(call: Call, next: Next): Promise<Response> {
    if (!this.#says()) return this.#isOnline(call) ? next(call) : this.#runOffline(call, next);
    // no event has said so: workers of Chromium fire none
    if (this.#wrongFor || this.#waiting.size > 0) this.#changed();
    return next(call);
  }

  async #runOffline(call: Call, next: Next): Promise<Response> {
    const isRepeatable = call.retried !== 'off' && call.replayable && isIdempotent(call);
    while (!this.#isOnline(call) && (await this.#waitFor(call, isRepeatable)) === 'probe') {
      this.#emit(call, 'probe');
      try {
        const response = await next(isRepeatable ? keepBody(call) : call);
        this.#answered(call);
        releaseBody(call);
        return response;
      } catch (error) {
        const isOver = call.signal?.aborted || call.remaining() <= 0;
        if (!isRepeatable || isOver || transientKind(error) !== 'network') throw error;
        call.record.keyIsNew = false; // the server may have got the request all the same
      }
    }
    return next(call);
  }

  #isOnline(call: Call): boolean {
    return this.#wrongFor === 'all' || (this.#wrongFor !== undefined && isRead(call)) || this.#says();
  }

  /** Whether the browser says that it is online. A promise counts as yes. */
  #says(): boolean {
    try {
      const says = this.#settings.isOnline();
      ignoreRejection(says);
      return says;
    } catch {
      return true;
    }
  }

  /** Waits until the call may go: as a probe, or because the browser is back. */
  async #waitFor(call: Call, isRepeatable: boolean): Promise<Why> {
    if (isRepeatable && this.#now() >= this.#nextProbe) return this.#probe();
    const { observed, record, signal } = call;
    const own = observed && cancellable(signal);
    let stop: (() => void) | undefined;
    try {
      const why = await new Promise<Why>((resolve, reject) => {
        const waiting = { call, isRepeatable, go: resolve };
        this.#waiting.add(waiting);
        this.#watch();
        this.#emit(call, 'wait', own?.cancel);
        record.waitingFor = 'the browser to be online';
        stop = onAbort(own?.signal ?? signal, (reason) => {
          this.#waiting.delete(waiting);
          this.#watch();
          reject(reason);
        });
      });
      if (why === 'online') this.#emit(call, 'released');
      return why;
    } finally {
      record.waitingFor = undefined;
      own?.release();
      stop?.();
    }
  }

  #probe(): 'probe' {
    this.#nextProbe = this.#now() + this.#settings.probeEvery;
    return 'probe';
  }

  /** An answer has come, whatever the browser says. */
  #answered(call: Call): void {
    this.#wrongFor = isRead(call) ? (this.#wrongFor ?? 'reads') : 'all';
    if (this.#says()) this.#wrongFor = undefined;
    this.#release();
  }

  /** The browser says something else than before. */
  readonly #changed = (): void => {
    this.#wrongFor = undefined;
    this.#release();
  };

  /** Lets those go that may. */
  #release(): void {
    for (const waiting of this.#waiting) {
      if (this.#isOnline(waiting.call) && this.#waiting.delete(waiting)) waiting.go('online');
    }
    this.#watch();
  }

  /** Listens and has a timer as long as there is something to wait for. */
  #watch(): void {
    const isWaiting = this.#waiting.size > 0;
    if (isWaiting || this.#wrongFor) this.#listen();
    else this.#stopListening();
    if (!isWaiting) {
      endSleep(this.#timer);
      this.#timer = undefined;
    } else if (!this.#timer) this.#arm();
  }

  #listen(): void {
    if (this.#target) return;
    this.#target = this.#settings.target ?? (globalThis as unknown as OnlineTarget);
    for (const type of EVENTS) this.#target.addEventListener?.(type, this.#changed);
  }

  #stopListening(): void {
    for (const type of EVENTS) this.#target?.removeEventListener?.(type, this.#changed);
    this.#target = undefined;
  }

  /** Lets one of those that wait go as the next probe, one that can be repeated if there is. */
  #arm(): void {
    const timer = new AbortController();
    this.#timer = timer;
    const { clock, probeEvery } = this.#settings;
    const left = this.#nextProbe - this.#now();
    const ring = () => {
      if (this.#timer !== timer) return;
      this.#timer = undefined;
      const all = [...this.#waiting];
      const first = all.find(({ isRepeatable }) => isRepeatable) ?? all[0]!;
      this.#waiting.delete(first);
      first.go(this.#probe());
      this.#watch();
    };
    clock.sleep(left > 0 ? left : probeEvery, timer.signal).then(ring, () => {});
  }

  #emit(call: Call, action: 'wait' | 'probe' | 'released', cancel?: (reason?: unknown) => void): void {
    const moment = { type: 'offline', action, waiting: this.#waiting.size, ...(cancel && { cancel }) } as const;
    call.observed?.emit(call, moment);
  }
}

const EVENTS = ['online', 'offline'];

const isRead = ({ method }: Call) => method === 'GET' || method === 'HEAD'; // what a cache may answer
