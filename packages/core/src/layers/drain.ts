import { discard } from '../body/discard.ts';
import type { Call } from '../call/call.ts';
import { callIdOf, type LastAnswer } from '../call/call-record.ts';
import { defineMiddleware, type Next } from '../chain/define-middleware.ts';
import type { Middleware } from '../chain/fetch.ts';
import type { SteadfetchEvent } from '../events/events.ts';
import { notify } from '../events/notify.ts';
import { observeBy, withObserverOf } from '../events/observe.ts';
import { checkMs } from '../options/check.ts';
import { clockOption, type OptionTable, readOptions } from '../options/options.ts';
import { localRefusal } from '../outcome/local-refusal.ts';
import { memberOf } from '../outcome/member-of.ts';
import { type Clock, endSleep, sleep } from '../time/clock.ts';
import { Turns } from '../time/turns.ts';
import { DrainError } from './drain-error.ts';

export interface DrainOptions {
  /** Where its times come from. @default systemClock */
  clock?: Clock;
}

export interface CloseOptions {
  /** How long requests that are under way may take to end, in milliseconds. @default 10_000 */
  deadline?: number;
}

/** What became of the calls that were open when `close` was called. */
export interface Drained {
  /** Calls that ended by themselves. */
  readonly finished: number;
  /** Calls that were ended with a `DrainError`: while they waited, or at the deadline. */
  readonly ended: number;
}

/** The middleware, and the command that ends its calls. */
export interface Drain extends Middleware {
  /**
   * Ends all waits at once and refuses new calls and new waits. Resolves when no call is open, at the latest after
   * `deadline`. Of several deadlines the nearest counts.
   *
   * @throws a `TypeError` or `RangeError` that names the option
   */
  close(options?: CloseOptions): Promise<Drained>;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<DrainOptions>;
const CLOSE = { deadline: { check: checkMs, default: 10_000 } } satisfies OptionTable<CloseOptions>;

/** The options as data: what each may be, and its default. */
export const drainOptions: OptionTable<DrainOptions> = OPTIONS;

/**
 * Lets a client shut down: `close()` ends the calls that wait, and lets requests that are under way finish. Put it first,
 * in as many stacks as there are.
 *
 * A call that waits for a retry, at a gate or in a queue, or that its budget holds, ends with a `DrainError`, which has the
 * status of its last answer.
 * A request under way is never cut. If it fails, its caller gets what it failed with, since nothing is repeated any more.
 * What is still open at the deadline ends with a `DrainError`: whether its request had an effect is not known.
 *
 * @throws {DrainError} a call after `close()`, and one that is ended by it
 * @example
 * const draining = drain();
 * const steady = compose(draining, retry(), timeout(10_000))(fetch);
 * process.once('SIGTERM', () => draining.close({ deadline: 8_000 }));
 */
export function drain(options?: DrainOptions): Drain {
  const { clock } = readOptions('drain', OPTIONS, options);
  const calls = new OpenCalls(clock);
  const listener = (event: SteadfetchEvent) => calls.note(event);
  const observed = observeBy({ listener, clock, remaining: calls.remaining }, 'drain');
  const layer = defineMiddleware((call, next) => calls.run(call, next));
  const middleware: Middleware = (next) => observed(withObserverOf(layer(next), next));
  return Object.assign(middleware, { close: (options?: CloseOptions) => calls.close(options) });
}

/** What ends a wait, and the answer of the server before it. */
interface Wait {
  readonly cancel: (reason: Error) => void;
  readonly answer: LastAnswer | undefined;
}

interface Open {
  readonly call: Call;
  readonly end: (error: DrainError) => void;
}

/** The calls that are open, by the numbers that events have too. */
class OpenCalls {
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #open = new Map<number, Open>();
  /** Also those of a loop around our layers, as that of ky. One that is over has no effect. */
  readonly #waits = new Map<number, Wait>();
  /** For each `close()` that waits until no call is open. */
  readonly #idle = new Set<() => void>();
  /** The time left of each call: for no new wait once the client is closed. */
  readonly remaining = (): number => (this.#closed ? 0 : Infinity);
  #closed = false;
  #finished = 0;
  #ended = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#turns = new Turns(clock);
  }

  run(call: Call, next: Next): Promise<Response> {
    if (this.#closed) {
      return this.#turns.refuse(
        () => new DrainError('the client is closed, the call is not sent', call.record.lastAnswer),
        call.signal,
      );
    }
    const id = callIdOf(call.record);
    if (this.#open.has(id)) return next(call);
    return new Promise((resolve, reject) => {
      const end = (error: unknown) => this.#leave(id, error) && reject(error);
      this.#open.set(id, { call, end });
      Promise.resolve(next(call.with({ remaining: this.remaining }))).then(
        (response) => (this.#leave(id) ? resolve(response) : discard(response)),
        end,
      );
    });
  }

  /** Keeps the wait that an event begins, and drops the one before. */
  note(event: SteadfetchEvent): void {
    const { callId } = event;
    if (event.type === 'give-up') return; // of a loop further in that a timeout has ended: it may come after the wait of another layer
    this.#waits.delete(callId);
    if (!('cancel' in event) || !event.cancel) return;
    const { cancel } = event;
    const response = 'response' in event ? event.response : undefined;
    const wait = { cancel, answer: response && { status: response.status, headers: response.headers } };
    if (this.#closed) this.#endWait(callId, wait);
    else this.#waits.set(callId, wait);
  }

  async close(options?: CloseOptions): Promise<Drained> {
    const { deadline } = readOptions('drain: close', CLOSE, options);
    const [finished, ended] = [this.#finished, this.#ended];
    this.#closed = true;
    for (const [callId, wait] of this.#waits) this.#endWait(callId, wait);
    await this.#idleWithin(deadline);
    for (const { call, end } of [...this.#open.values()]) {
      end(new DrainError('a request was under way at the deadline of close()', call.record.lastAnswer));
    }
    return { finished: this.#finished - finished, ended: this.#ended - ended };
  }

  /** Ends a wait with the last answer of the call; for a loop around our layers, only that of the event is known. */
  #endWait(callId: number, { cancel, answer }: Wait): void {
    this.#waits.delete(callId);
    const open = this.#open.get(callId);
    if (!open) this.#ended++;
    const last = open?.call.record.lastAnswer ?? answer;
    // in Workers of Cloudflare it throws where another request has begun the wait, which then ends with its call at the deadline
    notify(() => cancel(new DrainError('the call waited when its client was closed', last)));
  }

  /** Takes the call out, if it is open. Returns whether it was. */
  #leave(id: number, error?: unknown): boolean {
    if (!this.#open.delete(id)) return false;
    if (memberOf(localRefusal(error), 'reason') === 'draining') this.#ended++;
    else this.#finished++;
    if (this.#open.size === 0) for (const resolve of this.#idle) resolve();
    return true;
  }

  async #idleWithin(deadline: number): Promise<void> {
    if (this.#open.size === 0) return;
    const timer = new AbortController();
    const idle = new Promise<void>((resolve) => this.#idle.add(resolve));
    await Promise.race([idle, sleep(deadline, timer.signal, this.#clock).catch(() => {})]);
    endSleep(timer);
  }
}
