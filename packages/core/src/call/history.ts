import { shared } from './shared.ts';

const HISTORIES = Symbol.for('steadfetch.histories.1');

/** One map for all copies of this package, made when it is first needed. */
let histories: WeakMap<object, readonly unknown[]> | undefined;

/** The attempts behind a response or an error, kept outside of it. */
export function historyBehind(outcome: unknown): readonly unknown[] | undefined {
  return isObject(outcome) ? allHistories().get(outcome) : undefined;
}

/** Keeps the attempts behind a response or an error, also for other copies of this package. */
export function keepHistory(outcome: unknown, history: readonly unknown[] | undefined): void {
  if (isObject(outcome) && history !== undefined) allHistories().set(outcome, history);
}

function allHistories(): WeakMap<object, readonly unknown[]> {
  histories = shared(HISTORIES, histories ?? new WeakMap());
  return histories;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
