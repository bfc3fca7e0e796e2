import { type Clock, systemClock } from '@steadfetch/core';

/** How many turns of the microtask queue a sleep takes at the least that waits for something. */
const TURNS = 10;
/** What an answer is given, in milliseconds of the machine, by a clock whose sleeps take no time. */
const GRACE = 1_000;

/**
 * Calls `run` once after `ms`; gives the function that calls it off. The machine's clock needs no promise for it.
 *
 * A clock for tests may end a sleep at once. Nothing could answer before that, so the limit then counts in real time.
 */
export function startTimer(clock: Clock, ms: number, run: () => void): () => void {
  if (clock === systemClock) return after(ms, run);
  const off = new AbortController();
  let stop = () => off.abort();
  let waits = false;
  const ring = () => {
    if (off.signal.aborted) return;
    if (waits) run();
    else stop = after(Math.min(ms, GRACE), run);
  };
  clock.sleep(ms, off.signal).then(ring, () => {});
  void turns(TURNS).then(() => {
    waits = true;
  });
  return () => stop();
}

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}
