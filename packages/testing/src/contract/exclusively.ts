/** The last function that patches globals. It is stored in a global, since there may be two copies of this package. */
const LAST: unique symbol = Symbol.for('steadfetch.patched.1') as never;

type Shared = { [LAST]?: Promise<unknown> };

/** Runs functions that patch globals one after another. Otherwise a second one would restore the patches of the first. */
export function exclusively<T>(run: () => Promise<T>): Promise<T> {
  const shared = globalThis as Shared;
  const done = (shared[LAST] ?? Promise.resolve()).then(run);
  shared[LAST] = done.catch(() => {});
  return done;
}
