import { readField } from '@steadfetch/core/kit';
import { type HintedResponse, serverDelay, shouldRetryHint } from '@steadfetch/server-hints';
import type { Rule } from './rule.ts';

/**
 * Reads more than `Retry-After`: its variants in milliseconds, `RateLimit` and the quota fields of vendors for the wait; and
 * `x-should-retry: true`, which allows more statuses, but not 401 and 407, since those need credentials.
 */
export function serverHints(): Rule {
  return {
    readsRetryAfter: true,
    when: ({ response }) =>
      response !== undefined && ![401, 407].includes(response.status) && shouldRetryHint(response) === true && 'server',
    asked: ({ response, session }) => {
      const hint = response && serverDelay(asFailed(response), { now: session.policy.clock.now() });
      if (!hint) return undefined;
      const { ms: delay, source } = hint;
      // a date in the past is nearly always a skewed clock; only a written 0 means "now"
      return delay > 0 || Number(readField(response.headers, source)) === 0 ? { delay, source } : undefined;
    },
  };
}

/** Raises the status to 400 at least: GraphQL reports a limit as a 200 with `Retry-After`, and `inspect` counts that as failed. */
function asFailed({ status, headers }: Response): HintedResponse {
  return { status: Math.max(status, 400), headers };
}

/** Obeys a server that forbids a retry, by `x-should-retry: false` or a similar field. */
export function obeyVetoes(): Rule {
  return { unless: ({ response }) => response !== undefined && shouldRetryHint(response) === false && 'veto' };
}
