import type { Random } from '@steadfetch/core';
import { MAX_TIMER } from '@steadfetch/core/kit';
import { patch } from '../contract/patch.ts';
import type { TimedEvent } from './event-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

let taken = false;

/** Reserves the globals for one simulation; returns the function that releases them. */
export function claimGlobals(): () => void {
  if (taken) {
    throw new Error('simulate: globals: another simulation has the globals now: await it before the next one begins');
  }
  taken = true;
  return () => {
    taken = false;
  };
}

/**
 * Replaces the global timers, `Date`, `performance.now` and `AbortSignal.timeout` by virtual time, and `Math.random` by a
 * seeded function. Returns the function that restores them. Only one replacement at a time: a second one would later
 * restore the virtual globals of the first.
 */
export function installGlobals(time: VirtualTime, random: Random): () => void {
  const { clearTimeout, clearInterval, Date: RealDate } = globalThis;
  const restore = [
    patch(globalThis, {
      setTimeout: (run: Run, ms?: unknown, ...args: unknown[]) => new Timer(time, { run: () => run(...args), ms }),
      setInterval: (run: Run, ms?: unknown, ...args: unknown[]) =>
        new Timer(time, { run: () => run(...args), ms, again: true }),
      clearTimeout: clear(clearTimeout),
      clearInterval: clear(clearInterval),
      Date: virtualDate(RealDate, time),
    }),
    patch(Math, { random }),
    patch(performance, { now: () => time.elapsed }),
    patch(AbortSignal, { timeout: (ms: number) => timeoutSignal(time, ms) }),
  ];
  return () => {
    for (const undo of restore) undo();
    timers.clear(); // a running interval would keep the client in memory
  };
}

type Run = (...args: unknown[]) => void;

/** Timers by number, since a client may keep only the number. It is negative, since those of real timers are positive. */
const timers = new Map<number, Timer>();
let made = 0;

/** The part of Node's `Timeout` that clients use. */
class Timer {
  readonly #id = --made;
  readonly #time: VirtualTime;
  readonly #run: () => void;
  readonly #ms: number;
  readonly #again: boolean;
  #event: TimedEvent | undefined;
  #refed = true;

  constructor(time: VirtualTime, { run, ms, again = false }: { run: () => void; ms: unknown; again?: boolean }) {
    const wait = Math.trunc(Number(ms));
    this.#time = time;
    this.#run = run;
    // like a real timer, which fires at once if the delay is out of range
    this.#ms = wait >= 1 && wait <= MAX_TIMER ? wait : 1;
    this.#again = again;
    this.#start();
  }

  #start(): void {
    timers.set(this.#id, this);
    this.#event = this.#time.after(this.#ms, () => {
      if (this.#again) this.#start();
      else timers.delete(this.#id);
      this.#run();
    });
  }

  ref(): this {
    this.#refed = true;
    return this;
  }

  unref(): this {
    this.#refed = false;
    return this;
  }

  hasRef(): boolean {
    return this.#refed;
  }

  refresh(): this {
    this.close();
    this.#start();
    return this;
  }

  close(): this {
    timers.delete(this.#id);
    if (this.#event) this.#event.run = undefined;
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }
}

function clear(real: (handle: never) => void): (handle: unknown) => void {
  return (handle) => {
    const timer = handle instanceof Timer ? handle : timers.get(Number(handle));
    if (timer) timer.close();
    else real(handle as never);
  };
}

function timeoutSignal(time: VirtualTime, ms: number): AbortSignal {
  const wait = Number(ms);
  if (!(wait >= 0 && wait <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`AbortSignal.timeout: out of range: ${wait}`);
  const controller = new AbortController();
  time.after(wait, () =>
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
  );
  return controller.signal;
}

function virtualDate(RealDate: DateConstructor, time: VirtualTime): DateConstructor {
  return new Proxy(RealDate, {
    apply: () => new RealDate(time.now()).toString(),
    construct: (_, args, target) => Reflect.construct(RealDate, args.length === 0 ? [time.now()] : args, target),
    get: (_, name) => (name === 'now' ? () => time.now() : Reflect.get(RealDate, name)),
  });
}
