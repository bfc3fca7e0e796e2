import { type Clock, systemClock } from '@steadfetch/core';

/** Calls `run` once after `ms`; gives the function that calls it off. The machine's clock needs no promise for it. */
export function startTimer(clock: Clock, ms: number, run: () => void): () => void {
  if (clock === systemClock) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
  const off = new AbortController();
  clock.sleep(ms, off.signal).then(
    () => off.signal.aborted || run(),
    () => {},
  );
  return () => off.abort();
}
