import { keepBody, releaseBody } from '../body/keep-body.ts';
import type { Call } from '../call/call.ts';
import { isIdempotent } from '../call/idempotent.ts';
import { defineMiddleware, type Layer, type Next } from '../chain/define-middleware.ts';
import type { Middleware } from '../chain/fetch.ts';
import { ignoreRejection, notify } from '../events/notify.ts';
import { checkFunction, checkMembers, checkMs } from '../options/check.ts';
import { isDevelopment } from '../options/is-development.ts';
import { clockOption, type OptionTable, readOptions, type Settings } from '../options/options.ts';
import { transientKind } from '../outcome/classify-error.ts';
import { hasNetwork } from '../runtime.ts';
import { onAbort, throwIfAborted } from '../time/abort.ts';
import { cancellable } from '../time/cancellable.ts';
import { type Clock, endSleep } from '../time/clock.ts';

/** What has the events `online` and `offline`, as `window` does. */
export type OnlineTarget = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

export interface OnlineOptions {
  /**
   * How often one of the calls that wait is sent although the browser says that it is offline, in milliseconds.
   * @default 15_000
   */
  probeEvery?: number;
  /** Whether the browser says that it is online; all but `false` counts as yes, also an error. @default () => navigator.onLine !== false */
  isOnline?: () => boolean;
  /** What has the events `online` and `offline`. @default globalThis */
  target?: OnlineTarget;
  /** Where its times come from. @default systemClock */
  clock?: Clock;
}

const OPTIONS = {
  probeEvery: { check: checkMs, default: 15_000, min: 1 },
  isOnline: { check: checkFunction, default: hasNetwork },
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
 * A browser may say that it is offline when it is not. So a call that can be repeated (by its method and key) is sent all the same, as a
 * probe: without a network, that fails at once. It waits if it finds no network or a time limit further in ends it, and fails if the same
 * request would fail again, or if no time is left. Every other call waits, also one that says `retry: false`. Once in `probeEvery` one of
 * those that wait goes as the next probe. If a probe is answered that was no GET or HEAD, which a cache may have answered, what the browser
 * says is ignored until it says something else.
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

/** Why a call goes: to find out, or because there is a network. */
type Why = 'probe' | 'online';

interface Waiting {
  readonly isRepeatable: boolean;
  readonly go: (why: Why) => void;
}

/** What is known of the network, and the calls that wait for it. */
class Network {
  readonly #settings: Settings<OnlineOptions, typeof OPTIONS>;
  readonly #waiting = new Set<Waiting>();
  /** Those among them that can be repeated or are reads. */
  readonly #first = new Set<Waiting>();
  /** Whether a call that no cache can have answered was answered although the browser says that it is offline. */
  #isWrong = false;
  #timer: AbortController | undefined;
  #listens = false;

  constructor(settings: Settings<OnlineOptions, typeof OPTIONS>) {
    this.#settings = settings;
  }

  run(call: Call, next: Next): Promise<Response> {
    if (!this.#says()) return this.#isWrong ? next(call) : this.#runOffline(call, next);
    // no event has said so: workers of Chromium fire none
    if (this.#isWrong || this.#waiting.size > 0) this.#changed();
    return next(call);
  }

  async #runOffline(call: Call, next: Next): Promise<Response> {
    const isRepeatable = call.retried !== 'off' && call.replayable && isIdempotent(call);
    let why = isRepeatable ? 'probe' : await this.#wait(call, false);
    while (why === 'probe') {
      this.#emit(call, 'probe');
      try {
        const response = await next(isRepeatable ? keepBody(call) : call);
        this.#answered(call);
        releaseBody(call);
        return response;
      } catch (error) {
        // a timeout is a sign of no network, too
        if (!isRepeatable || call.remaining() <= 0 || !transientKind(error)) throw error;
        throwIfAborted(call.signal);
        call.record.keyIsNew = false; // the server may have got the request all the same
      }
      why = await this.#wait(call, true);
    }
    return next(call);
  }

  /** Whether the browser says that it is online. Anything but `false` counts as yes, as `navigator.onLine` of Node, and a promise. */
  #says(): boolean {
    try {
      const says = this.#settings.isOnline();
      ignoreRejection(says);
      return says !== false;
    } catch {
      return true;
    }
  }

  async #wait(call: Call, isRepeatable: boolean): Promise<Why> {
    if (this.#isWrong || this.#says()) return 'online';
    const { observed, record, signal } = call;
    const own = observed && cancellable(signal);
    let stop: (() => void) | undefined;
    try {
      const why = await new Promise<Why>((resolve, reject) => {
        const waiting = { isRepeatable, go: resolve };
        this.#waiting.add(waiting);
        if (isRepeatable || isRead(call)) this.#first.add(waiting);
        this.#watch();
        this.#emit(call, 'wait', own?.cancel);
        record.waitingFor = 'the browser to be online';
        stop = onAbort(own?.signal ?? signal, (reason) => {
          this.#waiting.delete(waiting);
          this.#first.delete(waiting);
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

  /** An answer has come to a probe, whatever the browser says. */
  #answered(call: Call): void {
    const isOnline = this.#says();
    if (isRead(call) && !isOnline) {
      // Maybe by a cache. If there is a network, the answers of two let the next ones go; if there is none, they alone go in vain.
      this.#letGo(this.#first, 'probe', 2);
    } else {
      this.#isWrong = !isOnline;
      this.#letGo(this.#waiting, 'online');
    }
  }

  /** The browser says something else than before. */
  readonly #changed = (): void => {
    this.#isWrong = false;
    this.#letGo(this.#says() ? this.#waiting : [], 'online');
  };

  #letGo(calls: Iterable<Waiting>, why: Why, most = Infinity): void {
    for (const waiting of calls) {
      if (most-- === 0) break;
      this.#waiting.delete(waiting);
      this.#first.delete(waiting);
      waiting.go(why);
    }
    this.#watch();
  }

  /** Listens and has a timer as long as there is something to wait for. */
  #watch(): void {
    const isWaiting = this.#waiting.size > 0;
    const listens = isWaiting || this.#isWrong;
    if (listens !== this.#listens) {
      this.#listens = listens;
      const target = this.#settings.target ?? (globalThis as unknown as OnlineTarget);
      for (const type of ['online', 'offline']) {
        notify(() => target[listens ? 'addEventListener' : 'removeEventListener']?.(type, this.#changed));
      }
    }
    if (!isWaiting) {
      endSleep(this.#timer);
      this.#timer = undefined;
    } else if (!this.#timer) this.#startTimer();
  }

  #startTimer(): void {
    const timer = new AbortController();
    this.#timer = timer;
    const ring = () => {
      if (this.#timer !== timer) return;
      this.#timer = undefined;
      if (this.#says()) return this.#changed(); // no event has said so, as in workers of Chromium
      const all = [...this.#waiting];
      this.#letGo([all.find(({ isRepeatable }) => isRepeatable) ?? all[0]!], 'probe');
    };
    this.#settings.clock.sleep(this.#settings.probeEvery, timer.signal).then(ring, () => {});
  }

  #emit(call: Call, action: 'wait' | 'probe' | 'released', cancel?: (reason?: unknown) => void): void {
    const moment = { type: 'offline', action, waiting: this.#waiting.size, ...(cancel && { cancel }) } as const;
    call.observed?.emit(call, moment);
  }
}

const isRead = ({ method }: Call) => method === 'GET' || method === 'HEAD'; // what a cache may answer
