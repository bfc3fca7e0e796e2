import {
  type Call,
  defineMiddleware,
  type Middleware,
  type Moment,
  type Next,
  notify,
  systemClock,
  throwIfAborted,
} from '@steadfetch/core';
import {
  cancelError,
  cancellable,
  checkFunction,
  checkKey,
  checkNumber,
  keyOption,
  type OptionTable,
  readOptions,
  Turns,
  watchRequests,
} from '@steadfetch/core/kit';
import { Lane, type Occupancy } from './lane.ts';
import { QueueFullError } from './queue-full-error.ts';

export interface QueueEvent extends Occupancy {
  key: string;
}

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

/** A call, and how it gives up its slot or its wait. */
interface Visit {
  giveUp?: ((reason?: unknown) => void) | undefined;
}

/**
 * Lets at most `max` calls of a key be in flight; the others wait in the order they came.
 *
 * A call is in flight until its response is there; reading the body does not count. One that waits inside, for a retry or its turn
 * at a limit, keeps its slot while other calls fail too, or where no `timeout` stands outside. A waiting call leaves at once when its
 * signal aborts. One that finds `maxQueue` calls waiting is refused. All calls through one middleware share its slots.
 *
 * @throws {QueueFullError} when too many calls wait already, and the caller's abort reason
 * @example const fetchPage = compose(concurrency(8), retry(), timeout(10_000))(fetch);
 */
export function concurrency(max: number, options?: ConcurrencyOptions): Bulkhead {
  checkNumber('concurrency: max', max, { min: 1, integer: true });
  const { key, maxQueue, onQueue } = readOptions('concurrency', OPTIONS, options);
  const lanes = new Map<string, Lane>();
  const turns = new Turns(systemClock);
  const watch = watchRequests();

  function laneOf(name: string): Lane {
    const known = lanes.get(name);
    if (known) return known;
    const lane = new Lane(name, max, (empty) => {
      if (lanes.get(name) === empty) lanes.delete(name);
    });
    lanes.set(name, lane);
    return lane;
  }

  function enter(lane: Lane, visit: Visit, hasRested = false): boolean {
    let slot = lane.enter(hasRested);
    if (!slot && !hasRested && lane.queued >= maxQueue) slot = lane.takeOver();
    if (slot) visit.giveUp = lane.exit.bind(lane, slot);
    return slot !== undefined;
  }

  async function wait(lane: Lane, call: Call, visit: Visit, hasRested = false): Promise<void> {
    const { record, signal } = call;
    const { key: name, active, queued } = lane;
    const refused = queued >= maxQueue && !hasRested;
    const own = call.observed && !refused ? cancellable(signal) : undefined;
    // it is in the line before an observer is called, which may free the slots
    const turn = refused ? undefined : lane.wait(own?.signal ?? signal, hasRested);
    if (turn) visit.giveUp = turn.leave;
    const about = own ? { action: 'wait', queued: queued + 1, cancel: own.cancel } : { action: 'refused', queued };
    call.observed?.emit(call, { type: 'queue', key: name, active, ...about } as Moment);
    if (!turn) return turns.refuse(() => new QueueFullError(name, max, maxQueue, record.lastAnswer), signal);
    record.waitingFor = 'a slot of concurrency()';
    notify(onQueue, { key: name, active, queued: queued + 1 });
    try {
      await turn.slot;
    } finally {
      own?.release();
      record.waitingFor = undefined;
    }
  }

  async function run(call: Call, next: Next, visit: Visit = {}): Promise<Response> {
    const { record, signal } = call;
    const { sends } = record;
    throwIfAborted(signal);
    const name = checkKey('concurrency: key', key(call));
    let lane = laneOf(name);
    let isCounted = false;
    let leaveRest: (() => void) | undefined;
    let returning: Promise<void> | undefined;
    try {
      if (!enter(lane, visit)) {
        const resumeOutside = call.rest?.();
        await wait(lane, call, visit);
        await resumeOutside?.();
      }
      throwIfAborted(signal);
      // where no `timeout` stands outside, the time of a call begins with its slot: then no more calls begin than there are slots
      const response = await next(call.remaining() < Infinity ? call.with({ rest }) : call);
      const { status } = Object(response) as Response; // a mock may answer with nothing
      count(status < 500 && status !== 429);
      return response;
    } catch (error) {
      count(false);
      throw error;
    } finally {
      visit.giveUp?.();
      visit.giveUp = undefined;
    }

    /** Counts the first outcome, if it is one of the server. */
    function count(succeeded: boolean): void {
      if (isCounted || record.sends === sends || signal?.aborted) return;
      isCounted = true;
      lane.count(succeeded);
    }

    function rest(): () => Promise<void> {
      count(false);
      const resumeOutside = call.rest?.();
      // a layer inside may send the call twice at once, and one of the two waits for the slot already
      if (visit.giveUp && !returning) visit.giveUp = leaveRest = lane.rest(visit.giveUp);
      return async () => {
        if (leaveRest && visit.giveUp === leaveRest) returning = takeBack(leaveRest); // the call has not ended
        await returning;
        await resumeOutside?.(); // in this order: who has a slot outside waits for none inside
      };
    }

    async function takeBack(leave: () => void): Promise<void> {
      lane = laneOf(name);
      const entered = enter(lane, visit, true) || wait(lane, call, visit, true);
      leave();
      try {
        await entered;
      } finally {
        returning = undefined;
      }
    }
  }

  /** In Workers, where a call may be lost with what it holds: see `watchRequests`. */
  async function runWatched(call: Call, next: Next): Promise<Response> {
    const visit: Visit = {};
    const end = watch!(() => {
      const { giveUp } = visit;
      visit.giveUp = undefined;
      giveUp?.(cancelError(undefined));
    });
    try {
      return await run(call, next, visit);
    } finally {
      end();
    }
  }

  function snapshot(name?: string): Occupancy {
    const counted = name === undefined ? [...lanes.values()] : [lanes.get(name)];
    const sum = (what: keyof Occupancy) => counted.reduce((total, lane) => total + (lane?.[what] ?? 0), 0);
    return { active: sum('active'), queued: sum('queued') };
  }

  function reset(name?: string): void {
    const forgotten = name === undefined ? [...lanes.values()] : [lanes.get(name)];
    for (const lane of forgotten) lane?.reset();
  }

  return Object.assign(defineMiddleware(watch ? runWatched : run, 'concurrency'), { snapshot, reset });
}
