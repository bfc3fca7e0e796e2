import { checkRule } from './check-rule.ts';
import type { Rule } from './rule.ts';

/** Opens as soon as one of the rules says so. Each of them sees every call. */
export function anyOf(...rules: Rule[]): Rule {
  if (rules.length === 0) throw new TypeError('anyOf: expected at least one rule, got none');
  for (const [index, rule] of rules.entries()) checkRule(`anyOf: rule ${index + 1}`, rule);
  return {
    isSlow: (duration) => rules.some((rule) => rule.isSlow?.(duration)),
    start() {
      const tallies = rules.map((rule) => rule.start());
      return {
        timed: tallies.some(({ timed }) => timed !== false),
        record: (sample) => tallies.map((tally) => tally.record(sample)).includes(true),
      };
    },
  };
}
