/** The end of what patches globals now: in a global, since there may be two copies of this package. */
const LAST: unique symbol = Symbol.for('steadfetch.patched.1') as never;

type Shared = { [LAST]?: Promise<unknown> };

/** Runs what patches globals, one after the other: a second one would take the patch of the first for the real thing. */
export function exclusively<T>(run: () => Promise<T>): Promise<T> {
  const shared = globalThis as Shared;
  const done = (shared[LAST] ?? Promise.resolve()).then(run);
  shared[LAST] = done.catch(() => {});
  return done;
}
