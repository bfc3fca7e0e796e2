/**
 * Calls `end` after so many milliseconds, unless the function that it returns was called. It waits in two halves: where the program was
 * busy for longer, what has come meanwhile is read before the second one is over.
 */
export function after(ms: number, end: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(end, ms / 2);
  }, ms / 2);
  return () => clearTimeout(timer);
}
