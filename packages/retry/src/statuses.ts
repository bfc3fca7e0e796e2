import { checkStatuses } from '@steadfetch/core/kit';
import { isThrottled, parseRetryAfter } from '@steadfetch/server-hints';
import { TRANSIENT } from './outcomes.ts';
import type { Rule } from './rule.ts';

/** The statuses of the option `statuses`, or throws. */
export function checkRetried(option: string, statuses: readonly number[]): ReadonlySet<number> {
  const listed = checkStatuses(option, statuses);
  const low = [...listed].find((status) => status < 400);
  if (low === undefined) return listed;
  throw new RangeError(`${option}: expected statuses from 400, got ${low}: inspect is asked about lower ones`);
}

/** The default list with its conditional members, or the list that is given. A 403 counts only with evidence of throttling. */
export function transientStatuses(listed: ReadonlySet<number> | undefined): Rule {
  return {
    when: ({ response, idempotencyKey }) => {
      if (response === undefined) return false;
      const { status } = response;
      if (listed) return listed.has(status) && (status !== 403 || isThrottled(response)) && 'status';
      if (status === 413) return parseRetryAfter(response.headers.get('retry-after')) !== undefined && 'status';
      if (status === 409) return idempotencyKey !== undefined && 'status';
      return TRANSIENT.includes(status) && 'status';
    },
  };
}
