/**
 * Calls `end` after `ms` milliseconds. Returns a function that cancels this. Uses two timers of half the time: if the program was busy for
 * longer, it can read the data that arrived meanwhile before the second timer fires.
 */
export function after(ms: number, end: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(end, ms / 2);
  }, ms / 2);
  return () => clearTimeout(timer);
}
