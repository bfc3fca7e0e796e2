import { type Clock, type Outcome, onAbort, settle } from '@steadfetch/core';
import { claim } from './search.ts';

const START: number = Date.UTC(2025, 0, 1);
/** Turns of the event loop in which the platform does work of its own, such as reading a file, before time moves on. */
const SETTLING = 3;
/** The same where nothing sleeps any more. */
const PATIENCE = 20_000;

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Time that moves on to the next sleeper when everything else has come to rest. */
export class SteppedTime implements Clock {
  readonly #settling: number;
  readonly #sleepers = new Set<Sleeper>();
  #elapsed = 0;
  #set = 0;

  constructor(settling: number = SETTLING) {
    this.#settling = settling;
  }

  now(): number {
    return START + this.#elapsed + this.#set;
  }

  /** What has passed, whatever the clock was set to. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Sets the clock, as a user does, or a machine that has slept. Sleeps go on. */
  set(ms: number): void {
    this.#set += ms;
  }

  /** How many sleep. */
  get pending(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        release();
        resolve();
      };
      const sleeper = { due: this.#elapsed + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      const release = onAbort(signal, (reason) => {
        this.#sleepers.delete(sleeper);
        reject(reason);
      });
    });
  }

  advance(ms: number): void {
    this.#elapsed += ms;
  }

  /** Lets everything come to rest, then wakes who is due next. Returns whether anybody slept. */
  async step(isOver: () => boolean = () => false): Promise<boolean> {
    for (let turns = this.#settling; turns > 0 && !isOver(); turns--) await macrotask();
    if (isOver()) return false;
    const due = Math.min(...Array.from(this.#sleepers, (sleeper) => sleeper.due));
    if (due === Infinity) return false;
    this.#elapsed = Math.max(this.#elapsed, due);
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.due > due || !this.#sleepers.delete(sleeper)) continue;
      sleeper.wake();
    }
    return true;
  }
}

/** Lives through time until a call has an outcome; throws if it never has one. */
export async function drive(time: SteppedTime, call: Promise<Response>): Promise<Outcome> {
  let outcome: Outcome | undefined;
  void settle(call).then((one) => {
    outcome = one;
  });
  const isOver = () => outcome !== undefined;
  for (let turns = 0; turns < PATIENCE && !isOver(); turns++) {
    if (!(await time.step(isOver))) await macrotask();
  }
  if (outcome === undefined) throw new Error('the call never ends');
  return outcome;
}

/** One turn of the event loop. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function macrotasks(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await macrotask();
}

/** What an outcome is called in a message. */
export function nameOf({ failed, response, error }: Outcome): string {
  return failed ? `error ${String(error)}` : `status ${response?.status}`;
}

/** Fails a case where a rejection stays unhandled, too. */
export function handlingAll<Given extends unknown[]>(
  check: (...given: Given) => Promise<void>,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      await check(...given);
      await macrotasks(2);
      claim(unhandled.length === 0, `nobody handles ${String(unhandled[0])}`);
    } finally {
      process.off('unhandledRejection', note);
    }
  };
}

/** What an error is called in a message. */
export function nameOfError(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}
