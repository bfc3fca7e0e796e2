import { classifyError } from '@steadfetch/core';
import { checkFunction, checkStatuses, IDEMPOTENT_METHODS } from '@steadfetch/core/kit';
import type { Rule } from './rule.ts';

/** RFC 9110 §15.5.9, §15.6; RFC 6585 §4; RFC 8470 §5.2; and the unregistered codes of edges and busy services. */
export const TRANSIENT: readonly number[] = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529];

/** Repeats responses with one of these statuses, from 400; look into lower ones with `inspect`. */
export function onStatus(...statuses: number[]): Rule {
  const listed = checkStatuses('onStatus', statuses, { min: 400 });
  return { when: ({ response }) => response !== undefined && listed.has(response.status) && 'status' };
}

/** Repeats connections that fail or break. A certificate that is wrong, or a bad URL, stays wrong. */
export function onNetworkError(): Rule {
  return { when: ({ outcome }) => isTransient(outcome, 'network') && 'network' };
}

/**
 * Repeats attempts that were cut by their timeout. If the method is idempotent, the first retry goes at once: the time of the
 * timeout has been waited already.
 */
export function onTimeout(): Rule {
  return {
    repeatsTimeouts: true,
    when: ({ outcome }) => isTransient(outcome, 'timeout') && 'timeout',
    wait: ({ attempt, call, outcome }) => {
      const isFirst = attempt === 1 && IDEMPOTENT_METHODS.has(call.method) && isTransient(outcome, 'timeout');
      return isFirst ? 'now' : undefined;
    },
  };
}

function isTransient(
  outcome: { failed: boolean; error?: unknown } | undefined,
  wanted: 'network' | 'timeout',
): boolean {
  if (!outcome?.failed) return false;
  const { kind, permanent } = classifyError(outcome.error);
  return kind === wanted && !permanent;
}

/** Looks into good responses: `true` counts one as failed, such as an error inside a 200. Read a clone, or `peek`. */
export function inspect(test: (response: Response) => boolean | Promise<boolean>): Rule {
  checkFunction('inspect', test);
  return {
    inspects: true,
    takesTime: true,
    when: async ({ response }) =>
      response !== undefined && response.status < 400 && (await test(response)) && 'inspect',
  };
}
