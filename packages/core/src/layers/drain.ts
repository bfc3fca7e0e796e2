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
  /** @default systemClock */
  clock?: Clock;
}

export interface CloseOptions {
  /** How long requests in flight may take to finish, in milliseconds. @default 10_000 */
  deadline?: number;
}

/** What happened to the calls that were open when `close` was called. */
export interface Drained {
  /** Calls that ended by themselves. */
  readonly finished: number;
  /** Calls that ended with a `DrainError`, during a wait or at the deadline. */
  readonly ended: number;
}

/** The middleware, with the method that shuts it down. */
export interface Drain extends Middleware {
  /**
   * Ends all waits at once, and rejects new calls and new waits. Resolves when no call is open, at the latest after
   * `deadline`. If it is called more than once, the earliest deadline counts.
   *
   * @throws a `TypeError` or `RangeError` that names the option
   */
  close(options?: CloseOptions): Promise<Drained>;
}

const OPTIONS = { clock: clockOption } satisfies OptionTable<DrainOptions>;
const CLOSE = { deadline: { check: checkMs, default: 10_000 } } satisfies OptionTable<CloseOptions>;

/** The options as data, with their allowed values and defaults. */
export const drainOptions: OptionTable<DrainOptions> = OPTIONS;

/**
 * Shuts a client down: `close()` ends the calls that wait, and requests in flight may finish. Put it first in each stack. Several stacks
 * can share it.
 *
 * A call that waits, for a retry, a turn in a limiter, a slot or the retry budget, ends with a `DrainError`, which has the status of the
 * last answer. Requests in flight are not aborted. If one fails, its caller gets that error or response, and nothing is retried.
 * A call that is still open at the deadline ends with a `DrainError`. Its request may have taken effect.
 *
 * @throws {DrainError} for a call after `close()`, and for a call that `close()` ends
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

/** How to end a wait, and the server's last answer before it. */
interface Wait {
  readonly cancel: (reason: Error) => void;
  readonly answer: LastAnswer | undefined;
}

interface Open {
  readonly call: Call;
  readonly end: (error: DrainError) => void;
}

/** The open calls, by their `callId`. */
class OpenCalls {
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #open = new Map<number, Open>();
  /** Includes the waits of a foreign loop around our layers, such as that of ky. To end a wait that is over has no effect. */
  readonly #waits = new Map<number, Wait>();
  /** One function per pending `close()`. Called when no call is open. */
  readonly #onIdle = new Set<() => void>();
  /** The time that each call has left. 0 after `close()`, so that no layer starts a new wait. */
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

  /** Stores the wait that an event starts, and forgets the wait before it. */
  note(event: SteadfetchEvent): void {
    const { callId } = event;
    if (event.type === 'give-up') return; // an inner loop that a timeout ended may report this late, when an outer layer waits already
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

  /** Ends a wait. The error gets the last answer of the call, or, if the wait belongs to a foreign loop, that of the event. */
  #endWait(callId: number, { cancel, answer }: Wait): void {
    this.#waits.delete(callId);
    const open = this.#open.get(callId);
    if (!open) this.#ended++;
    const last = open?.call.record.lastAnswer ?? answer;
    // throws in Cloudflare Workers if another request started the wait; then the call ends at the deadline
    notify(() => cancel(new DrainError('the call waited when its client was closed', last)));
  }

  /** Removes the call and counts it. Returns whether it was open. */
  #leave(id: number, error?: unknown): boolean {
    if (!this.#open.delete(id)) return false;
    if (memberOf(localRefusal(error), 'reason') === 'draining') this.#ended++;
    else this.#finished++;
    if (this.#open.size === 0) for (const resolve of this.#onIdle) resolve();
    return true;
  }

  async #idleWithin(deadline: number): Promise<void> {
    if (this.#open.size === 0) return;
    const timer = new AbortController();
    const idle = new Promise<void>((resolve) => this.#onIdle.add(resolve));
    await Promise.race([idle, sleep(deadline, timer.signal, this.#clock).catch(() => {})]);
    endSleep(timer);
  }
}
