import { checkFunction } from '@steadfetch/core';
import type { Rule } from './rule.ts';

/** Gives the rule back, or throws an error that says what one looks like. */
export function checkRule(option: string, rule: Rule): Rule {
  if (typeof rule !== 'object' || rule === null) {
    throw new TypeError(`${option}: expected a rule such as consecutive(5), got ${String(rule)}`);
  }
  checkFunction(`${option}.start`, rule.start);
  if (rule.isSlow !== undefined) checkFunction(`${option}.isSlow`, rule.isSlow);
  return rule;
}
