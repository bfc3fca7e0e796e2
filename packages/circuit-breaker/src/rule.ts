/** One call that came to an answer: a success or a failure, never a neutral outcome. */
export interface Sample {
  failed: boolean;
  /** From being let through until the headers arrived, or the error. */
  duration: number;
  /** When it ended, on a clock that never goes back. */
  at: number;
}

/** What is remembered of the calls since the circuit closed. */
export interface Tally {
  /** `false`: durations do not matter. No clock is read for them, and those of samples are NaN. @default true */
  readonly timed?: boolean;
  /** Takes one more call into account and says whether the circuit must open. */
  record(sample: Sample): boolean;
}

/** When a circuit opens. Holds no state itself: each circuit starts its own tally, and a new one when it closes. */
export interface Rule {
  start(): Tally;
  /** Whether a call that took this long counts as slow. A slow probe does not close the circuit. */
  isSlow?(duration: number): boolean;
}
