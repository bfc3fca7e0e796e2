import { checkNumber } from '@steadfetch/core/kit';
import type { Rule } from './rule.ts';

/** Opens after this many failures in a row. A success ends the row. */
export function consecutive(failures: number): Rule {
  checkNumber('consecutive: failures', failures, { min: 1, integer: true, max: Number.MAX_SAFE_INTEGER });
  return {
    start() {
      let row = 0;
      return {
        record({ failed }) {
          row = failed ? row + 1 : 0;
          return row >= failures;
        },
      };
    },
  };
}
