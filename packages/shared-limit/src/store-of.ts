import type { Clock } from '@steadfetch/core';
import {
  callHooks,
  checkFunction,
  checkHooks,
  checkMs,
  checkNames,
  checkNumber,
  clockOption,
  type OptionTable,
  readOptions,
} from '@steadfetch/core/kit';
import type { LimitSlots, LimitStore, SeenRefusal } from '@steadfetch/rate-limit';
import { Reports } from './reports.ts';
import type { Question, Reply } from './state.ts';

/** The place where limits are kept stopped to answer: each process goes on by itself. */
export interface StoreDownEvent {
  /** The limit that was asked for. */
  readonly key: string;
  /** What the place answered, or that it took longer than 50 ms. */
  readonly error: unknown;
}

/** The place answers again. */
export interface StoreUpEvent {
  readonly key: string;
  /** Milliseconds since it stopped to answer. */
  readonly after: number;
}

/** Observers of a store. What they throw or reject has no effect. */
export interface StoreHooks {
  /** Called once when the store stops to answer. */
  onDown?(event: StoreDownEvent): unknown;
  /** Called once when it answers again. */
  onUp?(event: StoreUpEvent): unknown;
}

export interface StoreOptions {
  /** A limit known in advance, of all together. Without it the limit is learned. */
  limit?: { requests: number; per: number } | undefined;
  /** The clock of the limiter. */
  clock?: Clock;
  /** Observers, one object or several. */
  hooks?: StoreHooks | readonly StoreHooks[];
}

const LIMIT = {
  requests: { check: checkNumber, min: 1, max: 1_000_000_000, integer: true },
  per: { check: checkMs, min: 1 },
} satisfies OptionTable<{ requests: number; per: number }>;

/** The options as data: what each may be, and its default. */
export const storeOptions: {
  readonly limit: { readonly check: typeof checkLimit };
  readonly clock: typeof clockOption;
  readonly hooks: { readonly check: typeof checkObservers; readonly default: readonly StoreHooks[] };
} = {
  limit: { check: checkLimit },
  clock: clockOption,
  hooks: { check: checkObservers, default: [] },
} satisfies OptionTable<StoreOptions>;

/** Asks the place where limits are kept. */
export type Ask = (key: string, question: Question) => Reply | Promise<Reply>;

/** Slots of a store, with what the store needs to know when their requests are answered. */
interface Lease extends LimitSlots {
  readonly reports: Reports;
  readonly cost: number;
  /** On the clock of the place. */
  readonly epoch: number;
}

/** A place that takes longer is not waited for, ms. */
const SLOW = 50;
/** Of more limits the least recently used one is forgotten: what it last said, and reports. */
const MOST_KEYS = 10_000;

/**
 * A store for `rateLimit` from one function, which asks `decide` somewhere: in a database, another thread, another tab. Reports
 * what was accepted together with the next question, and translates the clock of that place.
 */
export function storeOf(ask: Ask, options: StoreOptions = {}): LimitStore {
  checkFunction('storeOf: ask', ask);
  const { clock, limit, hooks } = readOptions('storeOf', storeOptions, options);
  const known = limit ? limit.requests / limit.per : 0;
  const all = new Map<string, Reports>();
  let downSince: number | undefined;

  const reportsOf = (key: string): Reports => {
    const reports = all.get(key) ?? new Reports(key);
    all.delete(key);
    all.set(key, reports);
    if (all.size > MOST_KEYS) all.delete(all.keys().next().value!);
    return reports;
  };

  const heard = (reports: Reports, reply: Reply): Reply => {
    if (downSince !== undefined) {
      const after = clock.now() - downSince;
      downSince = undefined;
      callHooks(hooks, 'onUp', () => ({ key: reports.key, after }));
    }
    reports.heard(reply, clock.now());
    return reply;
  };

  const failed = (key: string, error: unknown): never => {
    if (downSince === undefined) {
      downSince = clock.now();
      callHooks(hooks, 'onDown', () => ({ key, error }));
    }
    throw error;
  };

  const question = (reports: Reports, want: number, cost: number, refusal?: Question['refusal']): Question => ({
    want,
    cost,
    refusal,
    known,
    ...reports.take(clock.now()),
  });

  const send = (reports: Reports, asked: Question): Reply | Promise<Reply> => {
    const { key } = reports;
    try {
      const reply = ask(key, asked);
      if (!(reply instanceof Promise)) return heard(reports, reply);
      return withinTime(reply, clock).then(
        (late) => heard(reports, late),
        (error) => failed(key, error),
      );
    } catch (error) {
      return failed(key, error);
    }
  };

  return {
    reserve(key, want, cost = 1) {
      const reports = reportsOf(key);
      const lease = (reply: Reply): Lease => leaseOf(reply, reports, cost);
      const reply = send(reports, question(reports, want, cost));
      return reply instanceof Promise ? reply.then(lease) : lease(reply);
    },
    refuse(key: string, { slots, wait, quotas }: SeenRefusal) {
      const reports = reportsOf(key);
      reports.tell(clock.now(), quotas);
      return send(
        reports,
        question(reports, 0, 1, {
          closedUntil: (slots as Lease).epoch,
          every: slots.every / Math.max(1, (slots as Lease).cost),
          wait,
        }),
      );
    },
    settle(slots, cost, quotas) {
      const { reports, cost: paid } = slots as Lease;
      const now = clock.now();
      reports.accepted(now, cost, paid);
      reports.tell(now, quotas);
      return reports.areDue(now) ? send(reports, question(reports, 0, 1)) : undefined;
    },
  };
}

function checkLimit(option: string, limit: { requests: number; per: number }): { requests: number; per: number } {
  checkNames(option, limit, Object.keys(LIMIT));
  return {
    requests: checkNumber(`${option}.requests`, limit.requests, LIMIT.requests),
    per: checkMs(`${option}.per`, limit.per, LIMIT.per),
  };
}

function checkObservers(option: string, hooks: StoreHooks | readonly StoreHooks[]): readonly StoreHooks[] {
  return checkHooks<StoreHooks>(option.replace(/: hooks$/, ''), ['onDown', 'onUp'], hooks);
}

/** The slots on the clock of this process. */
function leaseOf({ first, every, count, closedUntil, goodFor }: Reply, reports: Reports, cost: number): Lease {
  const until = reports.closedUntil(closedUntil);
  return {
    first: first + reports.offset,
    every,
    count,
    closedUntil: until,
    goodFor,
    reports,
    cost,
    epoch: closedUntil,
  };
}

async function withinTime<T>(promise: Promise<T>, clock: Clock): Promise<T> {
  const stop = new AbortController();
  const slow = clock.sleep(SLOW, stop.signal).then(() => {
    throw new Error(`the store took longer than ${SLOW} ms`);
  });
  slow.catch(() => {});
  return Promise.race([promise, slow]).finally(() => stop.abort());
}
