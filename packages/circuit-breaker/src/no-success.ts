import { checkMs, checkNumber, type OptionTable, readOptions } from '@steadfetch/core/kit';
import type { Rule } from './rule.ts';

export interface NoSuccessOptions {
  /** Never opens on fewer failed calls than this. @default 10 */
  minCalls?: number;
  /** Inside `retry`: how long the calls must have failed without a success, in milliseconds. @default 10_000 */
  silence?: number;
}

const OPTIONS = {
  minCalls: { check: checkNumber, default: 10, min: 1, max: Number.MAX_SAFE_INTEGER, integer: true },
  silence: { check: checkMs, default: 10_000 },
} satisfies OptionTable<NoSuccessOptions>;

/** A pause without failures restarts the count only if it is longer than this. Otherwise calls made one by one would never add up. */
const MIN_PAUSE_MS = 5_000;

/** A call that took longer than this, in milliseconds, counts from its end: the machine may have slept meanwhile. */
const LONGEST_CALL_MS = 30_000;

/** The options as data: what each may be, and its default. */
export const noSuccessOptions: OptionTable<NoSuccessOptions> = OPTIONS;

/**
 * Opens when the service is down: at least `minCalls` calls have failed, and none has succeeded. Inside `retry` this must last for
 * `silence` milliseconds, since retries handle shorter trouble. The failures must also spread over a quarter of that time: when a
 * machine wakes up, all its calls fail at once. The time of a call of more than 30 s does not count. A success restarts the count. So
 * does a pause without calls for half of `silence`, and at least five seconds.
 *
 * A share of failures never opens it, however large. It is scoped: it refuses only what has failed.
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
          // a call that began before the last success does not show how the server is now
          if (at - duration < succeededAt) return false;
          const from = duration > LONGEST_CALL_MS ? at : at - duration;
          if (from - latest > Math.max(MIN_PAUSE_MS, silence / 2)) calls = 0;
          since = calls === 0 ? from : Math.min(since, from);
          latest = at;
          if (calls === 0) firstAt = at;
          return ++calls >= minCalls && (!retried || (at - since >= silence && at - firstAt >= silence / 4));
        },
      };
    },
  };
}
