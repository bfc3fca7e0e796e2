let last: Promise<unknown> = Promise.resolve();

/** Runs what patches globals, one after the other: a second one would take the patch of the first for the real thing. */
export function exclusively<T>(run: () => Promise<T>): Promise<T> {
  const done = last.then(run);
  last = done.catch(() => {});
  return done;
}
