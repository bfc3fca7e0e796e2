import {
  type Call,
  checkFunction,
  checkKey,
  checkNames,
  checkNumber,
  defineMiddleware,
  type Middleware,
  type Next,
  notify,
  throwIfAborted,
} from '@steadfetch/core';
import { Lane, type Occupancy } from './lane.ts';
import { QueueFullError } from './queue-full-error.ts';

export interface QueueEvent extends Occupancy {
  key: string;
}

export interface ConcurrencyOptions {
  /** Calls with the same key share the slots. @default the origin of the call */
  key?: (call: Call) => string;
  /** How many calls of a key may wait. 0: none; `Infinity`: no bound. @default 1_000 */
  maxQueue?: number;
  /** Told when a call has to wait, with itself counted. Observes: it can neither break nor delay the call. */
  onQueue?: (event: QueueEvent) => void;
}

/** A middleware that tells how full it is. */
export interface Bulkhead extends Middleware {
  /** Of one key, or of all together. */
  snapshot(key?: string): Occupancy;
}

/**
 * Lets at most `max` calls of a key be in flight; the others wait in the order they came.
 *
 * A call is in flight until its response is there; reading the body does not count. A waiting call leaves at once when
 * its signal aborts. One that finds `maxQueue` calls waiting is refused. The slots belong to the middleware: all that
 * is fetched through it shares them.
 *
 * @throws {QueueFullError} when too many wait already, and the caller's abort reason
 * @example const fetchPage = compose(retry(), concurrency(8), timeout(5_000))(fetch);
 */
export function concurrency(max: number, options: ConcurrencyOptions = {}): Bulkhead {
  checkNumber('concurrency: max', max, { min: 1, integer: true });
  checkNames('concurrency', options, ['key', 'maxQueue', 'onQueue']);
  const { key = (call) => call.origin, maxQueue = 1_000, onQueue } = options;
  checkFunction('concurrency: key', key);
  checkNumber('concurrency: maxQueue', maxQueue, { integer: true });
  if (onQueue !== undefined) checkFunction('concurrency: onQueue', onQueue);
  const lanes = new Map<string, Lane>();

  async function enter(lane: Lane, name: string, signal: AbortSignal | undefined): Promise<void> {
    if (lane.queued >= maxQueue) throw new QueueFullError(name, max, maxQueue);
    const turn = lane.wait(signal);
    notify(onQueue, { key: name, active: lane.active, queued: lane.queued });
    await turn;
  }

  async function run(call: Call, next: Next): Promise<Response> {
    throwIfAborted(call.signal);
    const name = checkKey('concurrency: key', key(call));
    const lane = lanes.get(name) ?? new Lane(max);
    lanes.set(name, lane);
    if (!lane.enter()) await enter(lane, name, call.signal);
    try {
      throwIfAborted(call.signal);
      return await next(call);
    } finally {
      lane.exit();
      if (lane.active === 0) lanes.delete(name);
    }
  }

  function snapshot(name?: string): Occupancy {
    const counted = name === undefined ? [...lanes.values()] : [lanes.get(name)];
    const sum = (what: keyof Occupancy) => counted.reduce((total, lane) => total + (lane?.[what] ?? 0), 0);
    return { active: sum('active'), queued: sum('queued') };
  }

  return Object.assign(defineMiddleware(run, 'concurrency'), { snapshot });
}
