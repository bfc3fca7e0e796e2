/** What happened in one run, as columns. Times are milliseconds since the start. */
export interface Recording {
  /** Until the last call began that the scene makes. */
  readonly lasts: number;
  readonly calls: CallColumns;
  readonly requests: RequestColumns;
  readonly events: EventColumns;
  /** Words that events name by their place. */
  readonly words: readonly string[];
  readonly beliefs: readonly Belief[];
  readonly measures: readonly Measure[];
}

/** One row per call, in the order they were made. */
export interface CallColumns {
  readonly start: Float64Array;
  /** `Infinity` for a call that never ended. */
  readonly end: Float64Array;
  /** See `CallEnd`. */
  readonly outcome: Uint8Array;
  /** The status it ended with; 0 without one. */
  readonly status: Uint16Array;
  /** Requests that were sent for it. */
  readonly requests: Uint16Array;
  readonly process: Uint16Array;
  /** 1 for calls that the measures count. */
  readonly judged: Uint8Array;
}

/** How a call ended. */
export const CallEnd = { open: 0, ok: 1, failed: 2 } as const;

/** What reached the server, in the order it was sent. */
export interface RequestColumns {
  readonly at: Float64Array;
  /** Until the answer; `Infinity` without one. */
  readonly ms: Float64Array;
  /** See `Answer`. */
  readonly answer: Uint8Array;
}

/** How a request was answered. */
export const Answer = { open: 0, ok: 1, refused: 2, failed: 3, cut: 4 } as const;

/** What the observer heard. */
export interface EventColumns {
  readonly at: Float64Array;
  readonly call: Uint32Array;
  /** The place in `EVENT_TYPES`. */
  readonly type: Uint8Array;
  readonly attempt: Uint8Array;
  /** Of an attempt how long it took, of a wait how long it will be. */
  readonly ms: Float64Array;
  /** The status of an attempt or an end; 0 without one. */
  readonly status: Uint16Array;
  /** Why, as places in `words`. */
  readonly why: Uint16Array;
}

export const EVENT_TYPES = [
  'start',
  'attempt',
  'wait',
  'queue',
  'gate',
  'circuit',
  'offline',
  'budget',
  'recover',
  'give-up',
  'end',
] as const;

/** What a stack believed, whenever it was asked. */
export interface Belief {
  readonly name: BeliefName;
  readonly at: Float64Array;
  /** `NaN` where nothing is known. */
  readonly value: Float64Array;
}

export const BELIEFS = {
  pace: { title: 'pace', unit: 'requests/s', about: 'the rate that rateLimit() believes in' },
  waiting: { title: 'waiting', unit: 'calls', about: 'calls that wait at the gate or for a slot' },
  gate: { title: 'gate', unit: 'closed', about: 'share of the processes whose gate is closed' },
  circuit: { title: 'circuit', unit: 'open', about: 'share of the processes whose circuit is open' },
  budget: { title: 'budget', unit: 'tokens', about: 'what is left of the reserve for retries' },
  open: { title: 'in flight', unit: 'calls', about: 'calls that have begun and not ended' },
} as const;

export type BeliefName = keyof typeof BELIEFS;

/** One number of a run. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly unit: 'share' | 'ms' | 'count' | 'ratio';
  readonly value: number;
  /** Which direction is better; a measure without one only informs. */
  readonly better?: 'more' | 'less';
  /** How much worse than a plain retry is still no harm: a part of its value, and something on top. */
  readonly slack?: { readonly part: number; readonly plus: number };
}
