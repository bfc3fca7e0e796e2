/** One map for all copies of this package, made when it is first needed. */
const HISTORIES: unique symbol = Symbol.for('steadfetch.histories.1') as never;

type Shared = typeof globalThis & { [HISTORIES]?: WeakMap<object, readonly unknown[]> };

/** The attempts behind a response or an error, kept outside of it. */
export function historyBehind(outcome: unknown): readonly unknown[] | undefined {
  return isObject(outcome) ? (globalThis as Shared)[HISTORIES]?.get(outcome) : undefined;
}

/** Keeps the attempts behind a response or an error, also for other copies of this package. */
export function keepHistory(outcome: unknown, history: readonly unknown[] | undefined): void {
  if (!isObject(outcome) || history === undefined) return;
  const shared = globalThis as Shared;
  if (!shared[HISTORIES]) Object.defineProperty(shared, HISTORIES, { value: new WeakMap(), configurable: true });
  shared[HISTORIES]!.set(outcome, history);
}

/** Copies the history of a response to a copy of it. */
export function inheritHistory(copy: object, original: object): void {
  keepHistory(copy, historyBehind(original));
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
