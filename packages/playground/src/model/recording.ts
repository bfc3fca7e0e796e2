/** What happened in one run, as columns. Times are milliseconds since the start. */
export interface Recording {
  /** When the last call of the scene began. */
  readonly lasts: number;
  readonly calls: CallColumns;
  readonly requests: RequestColumns;
  readonly events: EventColumns;
  /** Words to which events refer by index. */
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
  /** How many requests were sent for it. */
  readonly requests: Uint16Array;
  readonly process: Uint16Array;
  /** 1 for calls that the measures count. */
  readonly judged: Uint8Array;
}

/** How a call ended. */
export const CallEnd = { open: 0, ok: 1, failed: 2 } as const;

/** The requests that reached the server, in the order in which they were sent. */
export interface RequestColumns {
  readonly at: Float64Array;
  /** The time until the answer; `Infinity` without one. */
  readonly ms: Float64Array;
  /** See `Answer`. */
  readonly answer: Uint8Array;
}

/** How a request was answered. */
export const Answer = { open: 0, ok: 1, refused: 2, failed: 3, cut: 4 } as const;

/** The events that the observer got. */
export interface EventColumns {
  readonly at: Float64Array;
  readonly call: Uint32Array;
  /** The index in `EVENT_TYPES`. */
  readonly type: Uint8Array;
  readonly attempt: Uint8Array;
  /** How long an attempt took, or how long a wait will take. */
  readonly ms: Float64Array;
  /** The status of an attempt or an end; 0 without one. */
  readonly status: Uint16Array;
  /** The reason, as indices in `words`. */
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

/** One number of the state of a stack over time. */
export interface Belief {
  readonly name: BeliefName;
  readonly at: Float64Array;
  /** `NaN` if nothing is known. */
  readonly value: Float64Array;
}

export const BELIEFS = {
  pace: { title: 'pace', unit: 'requests/s', about: 'the rate at which rateLimit() sends' },
  waiting: { title: 'waiting', unit: 'calls', about: 'calls that wait at the gate or for a slot' },
  gate: {
    title: 'gate',
    unit: 'closed',
    about: 'share of the processes whose limiter makes calls wait after a refusal',
  },
  circuit: { title: 'circuit', unit: 'open', about: 'share of the processes whose circuit is open' },
  budget: { title: 'budget', unit: 'tokens', about: 'the tokens that are left for retries' },
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
  /** How much worse than a plain retry a measure may be: a part of the value of the plain retry, plus a constant. */
  readonly slack?: { readonly part: number; readonly plus: number };
}
