import { checkFunction, optionError } from '@steadfetch/core/kit';

/** One call that came to an answer: a success or a failure, never a neutral outcome. */
export interface Sample {
  failed: boolean;
  /** From being let through until the headers arrived, or the error, in milliseconds. */
  duration: number;
  /** When it ended, on a clock that never goes back. */
  at: number;
  /** Whether a `retry` further out may repeat the call. */
  retried?: boolean;
}

/** What is remembered of the calls since the circuit closed. */
export interface Tally {
  /** Records one more call, and returns whether the circuit must open. */
  record(sample: Sample): boolean;
  /** Forgets a failure, given as the same object: another attempt of that call has succeeded, and is recorded next. */
  takeBack?(sample: Sample): void;
}

/** When a circuit opens. Holds no state itself: each circuit starts its own tally, and a new one when it closes. */
export interface Rule {
  start(): Tally;
  /** Whether a call that took this long counts as slow. A slow probe does not close the circuit, but as many as there are `probes` are excused. */
  isSlow?(duration: number): boolean;
  /**
   * `true`: an open circuit refuses only what has failed since the last success, method and route, up to five of them;
   * no retry of a call that began before it opened, and any success closes it, a probe's or not. @default false: it refuses
   * everything, and its probes close it
   */
  readonly scoped?: boolean;
}

/** Opens when one of the rules opens. Each of them records every call. */
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

/** Returns the rule, or throws. */
export function checkRule(option: string, rule: Rule): Rule {
  if (typeof rule !== 'object' || rule === null) throw optionError(option, 'a rule such as consecutive(5)', rule);
  checkFunction(`${option}.start`, rule.start);
  if (rule.isSlow !== undefined) checkFunction(`${option}.isSlow`, rule.isSlow);
  return rule;
}
