import { checkFunction, optionError } from '@steadfetch/core/kit';

/** The outcome of one call: a success or a failure. Neutral outcomes make no sample. */
export interface Sample {
  failed: boolean;
  /** Milliseconds from when the call was let through until the headers or the error. */
  duration: number;
  /** When it ended, on a clock that never goes back. */
  at: number;
  /** Whether a `retry` further out may repeat the call. */
  retried?: boolean;
}

/** What a rule remembers of the calls since the circuit closed. */
export interface Tally {
  /** Records one call, and returns whether the circuit must open. */
  record(sample: Sample): boolean;
  /** Forgets a failure, given as the same object: a later attempt of that call succeeded, and is recorded next. */
  takeBack?(sample: Sample): void;
}

/** Decides when a circuit opens. It holds no state: each circuit starts a tally of its own, and a new one when it closes. */
export interface Rule {
  start(): Tally;
  /** Whether a call that took this long is slow. A slow probe does not close the circuit; the first `probes` slow ones do not open it again. */
  isSlow?(duration: number): boolean;
  /**
   * `true`: an open circuit refuses only what has failed since the last success, by method and path or route, up to five of them. It
   * does not refuse retries of calls that began before it opened. Any success closes it. `false`: it refuses everything, and only probes close
   * it. @default false
   */
  readonly scoped?: boolean;
}

/** Opens when one of the rules does. Each rule records every call. */
export function anyOf(...rules: Rule[]): Rule {
  if (rules.length === 0) throw new TypeError('anyOf: expected at least one rule, got none');
  for (const [index, rule] of rules.entries()) checkRule(`anyOf: rule ${index + 1}`, rule);
  return {
    isSlow: (duration) => rules.some((rule) => rule.isSlow?.(duration)),
    scoped: rules.every(({ scoped }) => scoped === true),
    start() {
      const tallies = rules.map((rule) => rule.start());
      return {
        record: (sample) => tallies.map((tally) => tally.record(sample)).includes(true),
        takeBack: (sample) => {
          for (const tally of tallies) tally.takeBack?.(sample);
        },
      };
    },
  };
}

export function checkRule(option: string, rule: Rule): Rule {
  if (typeof rule !== 'object' || rule === null) throw optionError(option, 'a rule such as consecutive(5)', rule);
  checkFunction(`${option}.start`, rule.start);
  if (rule.isSlow !== undefined) checkFunction(`${option}.isSlow`, rule.isSlow);
  return rule;
}
