import { keepBody, releaseBody } from '../body/keep-body.ts';
import type { Call } from '../call/call.ts';
import { isIdempotent } from '../call/idempotent.ts';
import type { Next } from '../chain/define-middleware.ts';
import { ignoreRejection } from '../events/notify.ts';
import { transientKind } from '../outcome/classify-error.ts';
import { onAbort } from '../time/abort.ts';
import { cancellable } from '../time/cancellable.ts';
import { endSleep, monotonic } from '../time/clock.ts';
import type { OnlineOptions, OnlineTarget } from './online.ts';

/** The options of `online()` with their defaults. */
type NetworkSettings = Required<Omit<OnlineOptions, 'target'>> & { readonly target: OnlineTarget | undefined };

type Why = 'probe' | 'online';

interface Waiting {
  readonly call: Call;
  readonly isRepeatable: boolean;
  readonly go: (why: Why) => void;
}

/** What is known of the network, and the calls that wait for it. */
export class Network {
  readonly #settings: NetworkSettings;
  readonly #now: () => number;
  readonly #waiting = new Set<Waiting>();
  /** The calls of which one was answered although the browser says that it is offline: that of a read may come from a cache. */
  #wrongFor: 'reads' | 'all' | undefined;
  #nextProbe = -Infinity;
  #timer: AbortController | undefined;
  #target: OnlineTarget | undefined;

  constructor(settings: NetworkSettings) {
    this.#settings = settings;
    this.#now = monotonic(settings.clock);
  }

  run(call: Call, next: Next): Promise<Response> {
    if (!this.#says()) return this.#wrongFor === 'all' ? next(call) : this.#runOffline(call, next);
    // no event has said so: workers of Chromium fire none
    if (this.#wrongFor || this.#waiting.size > 0) this.#changed();
    return next(call);
  }

  async #runOffline(call: Call, next: Next): Promise<Response> {
    const isRepeatable = call.retried !== 'off' && call.replayable && isIdempotent(call);
    while (this.#wrongFor !== 'all' && !this.#says()) {
      const why = this.#isOnline(call) ? 'online' : await this.#waitFor(call, isRepeatable);
      if (why === 'probe') this.#emit(call, why);
      else if (this.#wrongFor !== 'reads') break;
      try {
        const response = await next(isRepeatable ? keepBody(call) : call);
        if (why === 'probe') this.#answered(call);
        releaseBody(call);
        return response;
      } catch (error) {
        const isOver = call.signal?.aborted || call.remaining() <= 0;
        if (!isRepeatable || isOver || transientKind(error) !== 'network') throw error;
        if (this.#wrongFor === 'reads') {
          // what was answered came from a cache, it seems: this call is the next probe, and if it fails again, reads wait, too
          this.#changed();
          this.#nextProbe = -Infinity;
        }
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
    // at once too where a cache may have answered a read: it finds out
    if (isRepeatable && (this.#wrongFor || this.#now() >= this.#nextProbe)) return this.#probe();
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
