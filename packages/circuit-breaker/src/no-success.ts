import { checkMs, checkNumber, type OptionTable, readOptions } from '@steadfetch/core/kit';
import type { Rule } from './rule.ts';

export interface NoSuccessOptions {
  /** Never opens on fewer failed calls than this. @default 10 */
  minCalls?: number;
  /** Inside `retry`: for how long nothing must have succeeded besides, in milliseconds. @default 10_000 */
  silence?: number;
}

const OPTIONS = {
  minCalls: { check: checkNumber, default: 10, min: 1, max: Number.MAX_SAFE_INTEGER, integer: true },
  silence: { check: checkMs, default: 10_000 },
} satisfies OptionTable<NoSuccessOptions>;

/** After so long without a call (ms), or more, the count starts anew: with less, calls one by one would never count together. */
const LEAST_PAUSE = 5_000;

/** The options as data: what each may be, and its default. */
export const noSuccessOptions: OptionTable<NoSuccessOptions> = OPTIONS;

/**
 * Opens when the service is down: at least `minCalls` calls have failed, and none has succeeded. Inside `retry` this must
 * have lasted for `silence` milliseconds, since retries handle shorter trouble, and the failures must not all come within a quarter of
 * it, as when a machine wakes up. One success restarts the count, and so does a pause of half of `silence`, but at least five seconds,
 * without calls.
 *
 * A share of failures does not open it, however large. It is scoped: what has not failed is not refused.
 */
export function noSuccess(options?: NoSuccessOptions): Rule {
  const { minCalls, silence } = readOptions('noSuccess', OPTIONS, options);
  return {
    scoped: true,
    start() {
      let succeededAt = -Infinity;
      let since = 0;
      let latest = 0;
      let calls = 0;
      let firstAt = 0;
      return {
        record({ failed, duration, at, retried = false }) {
          if (!failed) {
            succeededAt = at;
            calls = 0;
            return false;
          }
          const from = at - duration;
          // it began before the last success, so it does not show how the server is now
          if (from < succeededAt) return false;
          if (from - latest > Math.max(LEAST_PAUSE, silence / 2)) calls = 0;
          since = calls === 0 ? from : Math.min(since, from);
          latest = at;
          if (calls === 0) firstAt = at;
          return ++calls >= minCalls && (!retried || (at - since >= silence && at - firstAt >= silence / 4));
        },
      };
    },
  };
}
