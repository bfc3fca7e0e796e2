import { isThrottled, parseRetryAfter, shouldRetryHint } from '@steadfetch/server-hints';
import type { RetryReason } from './events.ts';
import type { Failure } from './failure.ts';
import type { Policy } from './policy.ts';

/** RFC 9110 §15.5.9, §15.6; RFC 6585 §4; RFC 8470 §5.2; and the unregistered codes of edges and busy services. */
const TRANSIENT_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]);

/** The default rules: why a failure looks transient, or `undefined` when another attempt would not help. */
export function transientReason(failure: Failure, policy: Policy): RetryReason | undefined {
  const { response, errorClass } = failure;
  if (response && response.status < 400) return 'inspect';
  if (response) return statusReason(response, failure, policy);
  if (errorClass!.permanent) return undefined;
  if (errorClass!.kind === 'timeout') return policy.timeouts ? 'timeout' : undefined;
  return errorClass!.kind === 'network' && policy.networkErrors ? 'network' : undefined;
}

function statusReason(
  response: Response,
  failure: Failure,
  { statuses, serverHints }: Policy,
): RetryReason | undefined {
  const { status } = response;
  const listed = statuses ? statuses.has(status) : byDefault(response, failure);
  if (listed && (status !== 403 || isThrottled(response))) return 'status';
  // Positive hints widen the list, but repeating cannot supply credentials.
  const invited = serverHints && status !== 401 && status !== 407 && shouldRetryHint(response) === true;
  return invited ? 'server' : undefined;
}

function byDefault(response: Response, { idempotencyKey }: Failure): boolean {
  if (response.status === 413) return parseRetryAfter(response.headers.get('retry-after')) !== undefined;
  if (response.status === 409) return idempotencyKey !== undefined;
  return TRANSIENT_STATUSES.has(response.status);
}
