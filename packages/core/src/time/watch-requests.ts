import { inWorkers } from '../runtime.ts';
import { monotonic, systemClock } from './clock.ts';

/** How often a call shows that its request still runs, in milliseconds. */
const SIGN_EVERY = 250;
/** How long a round takes at least, in milliseconds: less than what is between two signs, so that none is missed. */
const ROUND = 200;
/**
 * A call is lost that showed nothing in so many rounds. A round is over when one call shows itself twice. Time alone does not end one: where
 * an isolate computes all the time, the timers of all calls are late.
 */
const LOST_AFTER = 4;
/** A call is lost that showed nothing for as long as Workers let a request compute, in milliseconds. */
const LONGEST = 30_000;

interface Watched {
  readonly lost: () => void;
  /** When it showed itself last: the round, and by the clock. */
  round: number;
  at: number;
}

/** Watches a call: calls `lost` once when it is lost. Returns the function that ends the watch, which returns whether it was not. */
export type Watch = (lost: () => void) => () => boolean;

const clock = /* @__PURE__ */ monotonic(systemClock);
/** The call that showed itself least recently comes first. */
const calls = new Set<Watched>();
let round = 0;
let began = -Infinity;

/**
 * Notices when a call is lost; `undefined` where none ever is.
 *
 * In Workers of Cloudflare a call is lost when its request ends: it never goes on, without any signal, but its timers end too.
 * So each call that others may have to wait for has one there, and others take back what a call holds whose timer is gone.
 */
export function watchRequests(): Watch | undefined {
  return inWorkers() ? watch : undefined;
}

function watch(lost: () => void): () => boolean {
  const call: Watched = { lost, round: -1, at: 0 };
  show(call);
  const { at } = call;
  const timer = setInterval(() => calls.has(call) && show(call), SIGN_EVERY);
  return () => {
    clearInterval(timer);
    // The end of a call that gave no sign is one: its answer was an event of its own, after its begin.
    if (calls.has(call) && call.at === at && clock() > at) show(call);
    return calls.delete(call);
  };
}

function show(call: Watched): void {
  const at = clock();
  if (call.round === round && at - began >= ROUND) {
    round++;
    began = at;
  }
  calls.delete(call);
  calls.add(Object.assign(call, { round, at }));
  for (const other of calls) {
    if (round - other.round < LOST_AFTER && at - other.at < LONGEST) break;
    calls.delete(other);
    other.lost();
  }
}
