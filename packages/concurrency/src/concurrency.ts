import { type Call, defineMiddleware, type Middleware, type Next, systemClock, throwIfAborted } from '@steadfetch/core';
import {
  cancelError,
  checkFunction,
  checkNumber,
  checkString,
  keyOption,
  type OptionTable,
  readOptions,
  Turns,
  watchRequests,
} from '@steadfetch/core/kit';
import { Lane, type Occupancy, type QueueEvent } from './lane.ts';
import { type Shared, Visit } from './visit.ts';

/** What `concurrency` takes beside `max`. */
export interface ConcurrencyOptions {
  /** Calls with the same key share the slots. @default (call) => call.origin */
  key?: (call: Call) => string;
  /** How many calls of a key may wait. 0: none; `Infinity`: no bound. @default 1_000 */
  maxQueue?: number;
  /** Called when a call has to wait, which is counted. It can neither break nor delay the call. */
  onQueue?: (event: QueueEvent) => void;
}

const OPTIONS = {
  key: keyOption,
  maxQueue: { check: checkNumber, default: 1_000, integer: true },
  onQueue: { check: checkFunction },
} satisfies OptionTable<ConcurrencyOptions>;

/** The options as data: what each may be, and its default. */
export const concurrencyOptions: OptionTable<ConcurrencyOptions> = OPTIONS;

/** The middleware, with its occupancy. */
export interface Bulkhead extends Middleware {
  /** Of one key, or of all together. */
  snapshot(key?: string): Occupancy;
  /**
   * Forgets the calls in flight, of one key or of all: their slots are free at once, and waiting calls start. The
   * forgotten calls continue, and free no slot when they end.
   */
  reset(key?: string): void;
}

/**
 * Lets at most `max` calls of a key be in flight; the others wait in the order they came.
 *
 * A call is in flight until its response is there; reading the body does not count. One that waits inside, for a retry or its turn
 * at a limit, keeps its slot while other calls fail too, where no `timeout` stands outside, and, if it is no GET or HEAD, where `max` is
 * 1. A waiting call leaves at once when its signal aborts. One that finds `maxQueue` calls waiting is refused. All calls through one
 * middleware share its slots.
 *
 * @throws {QueueFullError} when too many calls wait already, and the caller's abort reason
 * @example const fetchPage = compose(concurrency(8), retry(), timeout(10_000))(fetch);
 */
export function concurrency(max: number, options?: ConcurrencyOptions): Bulkhead {
  checkNumber('concurrency: max', max, { min: 1, integer: true });
  const { key, maxQueue, onQueue } = readOptions('concurrency', OPTIONS, options);
  const lanes = new Map<string, Lane>();
  const watch = watchRequests(); // in Workers, where a call may be lost with what it holds
  const shared: Shared = { max, maxQueue, onQueue, turns: new Turns(systemClock), laneOf };

  function laneOf(name: string): Lane {
    const known = lanes.get(name);
    if (known) return known;
    const lane = new Lane(max, () => {
      if (lanes.get(name) === lane) lanes.delete(name);
    });
    lanes.set(name, lane);
    return lane;
  }

  async function run(call: Call, next: Next): Promise<Response> {
    throwIfAborted(call.signal);
    const visit = new Visit(call, checkString('concurrency: key()', key(call)), shared);
    const end = watch?.(() => visit.leave(cancelError(undefined)));
    try {
      if (!visit.enter()) await visit.wait();
      throwIfAborted(call.signal);
      // where no `timeout` stands outside, the time of a call begins with its slot: then no more calls begin than there are slots
      const response = await next(call.remaining() < Infinity ? call.with({ rest: visit.rest }) : call);
      const { status } = Object(response) as Response; // a mock may answer with nothing
      visit.count(status < 500 && status !== 429);
      return response;
    } catch (error) {
      visit.count(false);
      throw error;
    } finally {
      visit.leave();
      end?.();
    }
  }

  const named = (name?: string) => (name === undefined ? [...lanes.values()] : [lanes.get(name)]);

  function snapshot(name?: string): Occupancy {
    const sum = (what: keyof Occupancy) => named(name).reduce((total, lane) => total + (lane?.[what] ?? 0), 0);
    return { active: sum('active'), queued: sum('queued') };
  }

  function reset(name?: string): void {
    for (const lane of named(name)) lane?.reset();
  }

  return Object.assign(defineMiddleware(run, 'concurrency'), { snapshot, reset });
}
