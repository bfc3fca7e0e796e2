import { readField } from '@steadfetch/core/kit';
import { type HintedResponse, serverDelay, shouldRetryHint } from '@steadfetch/server-hints';
import type { Rule } from './rule.ts';

/**
 * Reads what servers say beyond `Retry-After`: its relatives in milliseconds, `RateLimit` and the vendors' quota fields for
 * the wait, and `x-should-retry: true`, which allows more statuses, but not 401 and 407: those need credentials.
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

/** As if it had failed, whatever its status: a limit of GraphQL comes as a 200 with `Retry-After`, and `inspect` calls it failed. */
function asFailed({ status, headers }: Response): HintedResponse {
  return { status: Math.max(status, 400), headers };
}

/** Obeys a server that says that the request must not be repeated: `x-should-retry: false` and its relatives. */
export function obeyVetoes(): Rule {
  return { unless: ({ response }) => response !== undefined && shouldRetryHint(response) === false && 'veto' };
}
