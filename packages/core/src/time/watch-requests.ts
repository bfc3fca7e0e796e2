import { inWorkers } from '../runtime.ts';
import { monotonic, systemClock } from './clock.ts';

/** How often a call sends a heartbeat, in milliseconds. */
const HEARTBEAT_EVERY = 250;
/** The shortest round, in milliseconds. Less than `HEARTBEAT_EVERY`, so that each live call sends a heartbeat in each round. */
const MIN_ROUND = 200;
/**
 * A call without a heartbeat for this many rounds is lost. A round ends when one call sends its second heartbeat in it. Time alone does
 * not end a round: while an isolate is busy, the timers of all calls are late.
 */
const LOST_AFTER_ROUNDS = 4;
/** A call without a heartbeat for this long is lost, in milliseconds. Workers stop a request that computes for longer. */
const MAX_SILENCE = 30_000;

interface Watched {
  readonly lost: () => void;
  /** The round and the time of its last heartbeat. */
  round: number;
  at: number;
}

/** Watches a call, and calls `lost` once if the call is lost. Returns the function that ends the watch. That returns false if it was lost. */
export type Watch = (lost: () => void) => () => boolean;

const clock = /* @__PURE__ */ monotonic(systemClock);
/** The call with the oldest heartbeat comes first. */
const calls = new Set<Watched>();
let round = 0;
let roundStart = -Infinity;

/**
 * Detects lost calls. Returns `undefined` in runtimes that lose none.
 *
 * Cloudflare Workers lose a call when the request that made it ends: the call stops without any signal, and so do its timers. So each
 * call that others may wait for sends heartbeats by a timer. When they stop, other calls take back what the lost call holds.
 */
export function watchRequests(): Watch | undefined {
  return inWorkers() ? watch : undefined;
}

function watch(lost: () => void): () => boolean {
  const call: Watched = { lost, round: -1, at: 0 };
  beat(call);
  const { at } = call;
  const timer = setInterval(() => calls.has(call) && beat(call), HEARTBEAT_EVERY);
  return () => {
    clearInterval(timer);
    // A short call ends before its first heartbeat. Its end counts as one, because its answer came in a later event than its start.
    if (calls.has(call) && call.at === at && clock() > at) beat(call);
    return calls.delete(call);
  };
}

function beat(call: Watched): void {
  const at = clock();
  if (call.round === round && at - roundStart >= MIN_ROUND) {
    round++;
    roundStart = at;
  }
  calls.delete(call);
  calls.add(Object.assign(call, { round, at }));
  for (const other of calls) {
    if (round - other.round < LOST_AFTER_ROUNDS && at - other.at < MAX_SILENCE) break;
    calls.delete(other);
    other.lost();
  }
}
