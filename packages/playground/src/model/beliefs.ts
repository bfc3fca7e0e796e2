import { Grow } from './grow.ts';
import type { Belief, BeliefName } from './recording.ts';

/** The state of a stack is read at most this many times in a scene. */
const SAMPLES = 600;

/** A layer whose state can be read. Reading changes nothing. */
export interface Keeper {
  readonly kind: 'rateLimit' | 'circuitBreaker' | 'retryBudget' | 'concurrency';
  snapshot(): unknown;
}

/** The layers with state of one process. */
export type Keepers = Keeper[];

interface GateState {
  readonly state: string;
  readonly rate: number | undefined;
  readonly waiting: number;
}

/** The state of the stacks of all processes over time, in columns. It is read when something happens, so that no timer is needed. */
export class Beliefs {
  readonly #processes: Keepers[] = [];
  readonly #series = new Map<BeliefName, { at: Grow<Float64Array>; value: Grow<Float64Array> }>();
  readonly #every: number;
  #askedAt = -Infinity;
  #open = 0;
  #mostOpen = 0;

  constructor(lasts: number) {
    this.#every = lasts / SAMPLES;
  }

  process(): Keepers {
    const keepers: Keepers = [];
    this.#processes.push(keepers);
    return keepers;
  }

  began(now: number): void {
    this.#open++;
    this.#mostOpen = Math.max(this.#mostOpen, this.#open);
    this.ask(now);
  }

  ended(now: number): void {
    this.#open--;
    this.ask(now);
  }

  ask(now: number): void {
    if (now - this.#askedAt < this.#every) return;
    this.#askedAt = now;
    this.#note('open', now, this.#mostOpen);
    this.#mostOpen = this.#open;
    const all = this.#processes.map(readAll);
    for (const [name, combine] of COMBINED) {
      const known = all.map((one) => one[name]).filter((value) => value !== undefined);
      if (known.length > 0) this.#note(name, now, combine(known));
    }
  }

  done(): Belief[] {
    return Array.from(this.#series, ([name, { at, value }]) => ({ name, at: at.done(), value: value.done() }));
  }

  #note(name: BeliefName, now: number, value: number): void {
    const series = this.#series.get(name) ?? { at: new Grow(Float64Array), value: new Grow(Float64Array) };
    this.#series.set(name, series);
    series.at.push(now);
    series.value.push(value);
  }
}

type Read = Partial<Record<BeliefName, number>>;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** The pace of a fleet is the sum of the paces of its processes. A process that knows no limit has no pace. */
const COMBINED: readonly (readonly [BeliefName, (values: readonly number[]) => number])[] = [
  ['pace', sum],
  ['waiting', sum],
  ['gate', mean],
  ['circuit', mean],
  ['budget', sum],
];

function readAll(keepers: Keepers): Read {
  const read: Record<string, number> = {};
  const add = (name: BeliefName, value: number) => {
    read[name] = (read[name] ?? 0) + value;
  };
  for (const keeper of keepers) {
    const state = keeper.snapshot();
    if (keeper.kind === 'rateLimit') {
      const gates = state as readonly GateState[];
      const rates = gates.map(({ rate }) => rate).filter((rate) => rate !== undefined);
      add('pace', rates.length > 0 ? Math.min(...rates) : Number.NaN);
      add('waiting', sum(gates.map(({ waiting }) => waiting)));
      add('gate', gates.some(({ state: gate }) => gate === 'closed') ? 1 : 0);
    } else if (keeper.kind === 'circuitBreaker') {
      const circuits = Object.values(state as Record<string, { state: string }>);
      add('circuit', circuits.some(({ state: circuit }) => circuit !== 'closed') ? 1 : 0);
    } else if (keeper.kind === 'retryBudget') {
      const budgets = Object.values(state as Record<string, { left: number }>);
      if (budgets.length > 0) add('budget', sum(budgets.map(({ left }) => left)));
    } else {
      add('waiting', (state as { queued: number }).queued);
    }
  }
  return read;
}
