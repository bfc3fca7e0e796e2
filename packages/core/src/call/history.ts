import { shared } from './shared.ts';

const HISTORIES = Symbol.for('steadfetch.histories.1');

/** One map for all copies of this package, made when it is first needed. */
let histories: WeakMap<object, readonly unknown[]> | undefined;

/** The attempts behind a response or an error, kept outside of it. */
export function historyBehind(outcome: unknown): readonly unknown[] | undefined {
  return allHistories().get(outcome as object);
}

/** Keeps the attempts behind a response or an error, also for other copies of this package. */
export function keepHistory(outcome: unknown, history: readonly unknown[] | undefined): void {
  if (outcome === Object(outcome) && history !== undefined) allHistories().set(outcome as object, history);
}

function allHistories(): WeakMap<object, readonly unknown[]> {
  histories = shared(HISTORIES, histories ?? new WeakMap());
  return histories;
}
