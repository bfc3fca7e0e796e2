import { shared } from './shared.ts';

const HISTORIES = Symbol.for('steadfetch.histories.1');

/** One map for all copies of this package, made at the first use. */
let histories: WeakMap<object, readonly unknown[]> | undefined;

/** Returns the attempts that led to a response or an error. */
export function historyBehind(outcome: unknown): readonly unknown[] | undefined {
  return allHistories().get(outcome as object);
}

/** Keeps the attempts that led to a response or an error, also for other copies of this package. */
export function keepHistory(outcome: unknown, history: readonly unknown[] | undefined): void {
  if (outcome === Object(outcome) && history !== undefined) allHistories().set(outcome as object, history);
}

function allHistories(): WeakMap<object, readonly unknown[]> {
  histories = shared(HISTORIES, histories ?? new WeakMap());
  return histories;
}
