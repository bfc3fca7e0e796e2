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

/** The options of `concurrency`, besides `max`. */
export interface ConcurrencyOptions {
  /** Calls with the same key share the slots. @default (call) => call.origin */
  key?: (call: Call) => string;
  /** How many calls of a key may wait. `Infinity`: no bound. @default 1_000 */
  maxQueue?: number;
  /** Called when a call has to wait. `queued` includes that call. The hook can neither break nor delay the call. */
  onQueue?: (event: QueueEvent) => void;
}

const OPTIONS = {
  key: keyOption,
  maxQueue: { check: checkNumber, default: 1_000, integer: true },
  onQueue: { check: checkFunction },
} satisfies OptionTable<ConcurrencyOptions>;

/** The options as data, with their allowed values and defaults. */
export const concurrencyOptions: OptionTable<ConcurrencyOptions> = OPTIONS;

/** The middleware, which can show and reset its slots. */
export interface Bulkhead extends Middleware {
  /** The occupancy of one key, or of all keys together. */
  snapshot(key?: string): Occupancy;
  /**
   * Forgets the calls in flight, of one key or of all keys. Their slots are free at once, and waiting calls start. The
   * forgotten calls continue. When they end, they free no slot.
   */
  reset(key?: string): void;
}

/**
 * Limits how many calls of a key are in flight to `max`. The others wait in the order they came.
 *
 * A call is in flight until its response arrives; reading the body does not count. A call that waits inside, for a retry or for its turn
 * in a limiter, lends its slot to other calls. It keeps the slot while other calls fail too, if no `timeout` is outside, and if `max` is 1
 * and the call is not a GET or HEAD. A waiting call leaves the queue at once when its signal aborts. A call that finds
 * `maxQueue` calls waiting is rejected. All calls through one middleware share its slots.
 *
 * @throws {QueueFullError} when too many calls wait already, and the caller's abort reason
 * @example const fetchPage = compose(concurrency(8), retry(), timeout(10_000))(fetch);
 */
export function concurrency(max: number, options?: ConcurrencyOptions): Bulkhead {
  checkNumber('concurrency: max', max, { min: 1, integer: true });
  const { key, maxQueue, onQueue } = readOptions('concurrency', OPTIONS, options);
  const lanes = new Map<string, Lane>();
  const watch = watchRequests(); // frees the slot of a call whose Worker request has ended
  const shared: Shared = { max, maxQueue, onQueue, turns: new Turns(systemClock), laneOf };

  function laneOf(name: string): Lane {
    const existing = lanes.get(name);
    if (existing) return existing;
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
      // Without an outer `timeout`, the time of a call starts when it gets its slot, so the call keeps the slot until it ends.
      const response = await next(call.remaining() < Infinity ? call.with({ rest: visit.rest }) : call);
      const { status } = Object(response) as Response; // a mock may return nothing
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

  const lanesOf = (name?: string) => (name === undefined ? [...lanes.values()] : [lanes.get(name)]);

  function snapshot(name?: string): Occupancy {
    const sum = (field: keyof Occupancy) => lanesOf(name).reduce((total, lane) => total + (lane?.[field] ?? 0), 0);
    return { active: sum('active'), queued: sum('queued') };
  }

  function reset(name?: string): void {
    for (const lane of lanesOf(name)) lane?.reset();
  }

  return Object.assign(defineMiddleware(run, 'concurrency'), { snapshot, reset });
}
