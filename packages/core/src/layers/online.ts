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

/** An object with the events `online` and `offline`, such as `window`. */
export type OnlineTarget = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

export interface OnlineOptions {
  /**
   * How often one waiting call is sent as a probe while the browser says that it is offline, in milliseconds.
   * @default 15_000
   */
  probeEvery?: number;
  /** Whether the browser is online. Anything but `false` counts as online, also an error. @default () => navigator.onLine !== false */
  isOnline?: () => boolean;
  /** Where the events `online` and `offline` come from. @default globalThis */
  target?: OnlineTarget;
  /** @default systemClock */
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

/** The options as data, with their allowed values and defaults. */
export const onlineOptions: OptionTable<OnlineOptions> = OPTIONS;

/**
 * Makes calls wait while the browser is offline, and sends them when it is back online. Put it inside `retry` and `circuitBreaker`.
 *
 * `navigator.onLine` may be wrong. So a call that can be repeated (by its method or a key) is sent at once, as a probe: without a network
 * it fails immediately. The call then waits if the probe found no network or ran into an inner timeout. The call fails if the same request
 * would fail again, or if no time is left. Every other call waits, also one with `retry: false`. Every `probeEvery` milliseconds one
 * waiting call is sent as the next probe. An answer to a probe other than a GET or HEAD proves that the browser is wrong: `navigator.onLine`
 * is ignored until it changes. An answer to a GET or HEAD proves nothing, since it may come from a cache.
 *
 * Without `navigator.onLine`, as in Node, calls pass through.
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

/** Production bundles leave out the rules about the order of layers, which are for developers. */
function layer(): Layer {
  const own: Layer = { name: 'online' };
  if (/* @__PURE__ */ isDevelopment() && process.env.NODE_ENV !== 'production') {
    own.mustBeInside = [
      ['retry', 'a call that fails after its wait is not retried'],
      ['circuitBreaker', 'failed probes of an offline browser count as failures of the server'],
    ];
  }
  return own;
}

/** Why a call is sent: to find out whether there is a network, or because there is one. */
type SentAs = 'probe' | 'online';

interface Waiting {
  readonly isRepeatable: boolean;
  readonly send: (as: SentAs) => void;
}

/** The state of the network as far as it is known, and the calls that wait for it. */
class Network {
  readonly #settings: Settings<OnlineOptions, typeof OPTIONS>;
  readonly #waiting = new Set<Waiting>();
  /** The waiting calls that can be repeated or are reads. They are sent as further probes after a read was answered. */
  readonly #candidates = new Set<Waiting>();
  /** Whether an answer that cannot come from a cache proved that the browser is online although it says that it is offline. */
  #browserIsWrong = false;
  #timer: AbortController | undefined;
  #isListening = false;

  constructor(settings: Settings<OnlineOptions, typeof OPTIONS>) {
    this.#settings = settings;
  }

  run(call: Call, next: Next): Promise<Response> {
    if (!this.#isOnline()) return this.#browserIsWrong ? next(call) : this.#runOffline(call, next);
    // in workers Chromium fires no event when it comes back online
    if (this.#browserIsWrong || this.#waiting.size > 0) this.#changed();
    return next(call);
  }

  async #runOffline(call: Call, next: Next): Promise<Response> {
    const isRepeatable = call.retried !== 'off' && call.replayable && isIdempotent(call);
    let as = isRepeatable ? 'probe' : await this.#wait(call, false);
    while (as === 'probe') {
      this.#emit(call, 'probe');
      try {
        const response = await next(isRepeatable ? keepBody(call) : call);
        this.#answered(call);
        releaseBody(call);
        return response;
      } catch (error) {
        // a timeout may also mean that there is no network
        if (!isRepeatable || call.remaining() <= 0 || !transientKind(error)) throw error;
        throwIfAborted(call.signal);
        call.record.keyIsNew = false; // the server may have received the request
      }
      as = await this.#wait(call, true);
    }
    return next(call);
  }

  /** Whether the browser says that it is online. Anything but `false` counts as yes: Node has no `navigator.onLine`. */
  #isOnline(): boolean {
    try {
      const answer = this.#settings.isOnline();
      ignoreRejection(answer);
      return answer !== false;
    } catch {
      return true;
    }
  }

  /** Waits until the call is to be sent, and returns why. */
  async #wait(call: Call, isRepeatable: boolean): Promise<SentAs> {
    if (this.#browserIsWrong || this.#isOnline()) return 'online';
    const { observed, record, signal } = call;
    const own = observed && cancellable(signal);
    let stop: (() => void) | undefined;
    try {
      const as = await new Promise<SentAs>((resolve, reject) => {
        const waiting = { isRepeatable, send: resolve };
        this.#waiting.add(waiting);
        if (isRepeatable || isRead(call)) this.#candidates.add(waiting);
        this.#watch();
        this.#emit(call, 'wait', own?.cancel);
        record.waitingFor = 'the browser to be online';
        stop = onAbort(own?.signal ?? signal, (reason) => {
          this.#waiting.delete(waiting);
          this.#candidates.delete(waiting);
          this.#watch();
          reject(reason);
        });
      });
      if (as === 'online') this.#emit(call, 'released');
      return as;
    } finally {
      record.waitingFor = undefined;
      own?.release();
      stop?.();
    }
  }

  /** Handles the answer to a probe. */
  #answered(call: Call): void {
    const isOnline = this.#isOnline();
    if (isRead(call) && !isOnline) {
      // A cache may have answered. Sends two more probes: if there is a network, their answers release the next ones. If not, only two fail.
      this.#release(this.#candidates, 'probe', 2);
    } else {
      this.#browserIsWrong = !isOnline;
      this.#release(this.#waiting, 'online');
    }
  }

  /** Handles a change of what the browser says. */
  readonly #changed = (): void => {
    this.#browserIsWrong = false;
    this.#release(this.#isOnline() ? this.#waiting : [], 'online');
  };

  #release(calls: Iterable<Waiting>, as: SentAs, most = Infinity): void {
    for (const waiting of calls) {
      if (most-- === 0) break;
      this.#waiting.delete(waiting);
      this.#candidates.delete(waiting);
      waiting.send(as);
    }
    this.#watch();
  }

  /** Adds or removes the event listeners and the timer. Both exist only while they are needed. */
  #watch(): void {
    const isWaiting = this.#waiting.size > 0;
    const needsEvents = isWaiting || this.#browserIsWrong;
    if (needsEvents !== this.#isListening) {
      this.#isListening = needsEvents;
      const target = this.#settings.target ?? (globalThis as unknown as OnlineTarget);
      for (const type of ['online', 'offline']) {
        notify(() => target[needsEvents ? 'addEventListener' : 'removeEventListener']?.(type, this.#changed));
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
      if (this.#isOnline()) return this.#changed(); // in workers Chromium fires no event
      const all = [...this.#waiting];
      this.#release([all.find(({ isRepeatable }) => isRepeatable) ?? all[0]!], 'probe');
    };
    this.#settings.clock.sleep(this.#settings.probeEvery, timer.signal).then(ring, () => {});
  }

  #emit(call: Call, action: 'wait' | 'probe' | 'released', cancel?: (reason?: unknown) => void): void {
    const moment = { type: 'offline', action, waiting: this.#waiting.size, ...(cancel && { cancel }) } as const;
    call.observed?.emit(call, moment);
  }
}

const isRead = ({ method }: Call) => method === 'GET' || method === 'HEAD'; // a cache may answer it
