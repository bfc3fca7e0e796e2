import { checkNames, checkNumber } from '@steadfetch/core/kit';

/** urllib3's counters: each kind of failure has its own, and `total` bounds them all. */
export interface RetryLimits {
  total?: number;
  /** Failures before the request was sent. */
  connect?: number;
  /** Failures after it may have been sent, timeouts among them. */
  read?: number;
  /** Responses with a status that is retried. */
  status?: number;
}

/** The kinds of failure that have a counter of their own, in urllib3's words. */
export type FailureKind = 'connect' | 'read' | 'status';

/** How many retries there are, in all and per kind. */
export type Limits = Readonly<Record<FailureKind | 'total', number>>;

const DEFAULT_RETRIES = 2;

/**
 * One number bounds all failures together. With counters, what is left out is bounded by `total` alone; without
 * `total`, a kind that is left out has the default.
 */
export function limitsOf(maxRetries: number | RetryLimits | undefined = DEFAULT_RETRIES): Limits {
  if (typeof maxRetries !== 'object' || maxRetries === null) {
    const total = check('retry: maxRetries', maxRetries);
    return { total, connect: total, read: total, status: total };
  }
  checkNames('retry: maxRetries', maxRetries, ['total', 'connect', 'read', 'status']);
  const total = maxRetries.total === undefined ? undefined : check('retry: maxRetries.total', maxRetries.total);
  const of = (kind: FailureKind) =>
    check(`retry: maxRetries.${kind}`, maxRetries[kind] === undefined ? (total ?? DEFAULT_RETRIES) : maxRetries[kind]);
  const kinds = { connect: of('connect'), read: of('read'), status: of('status') };
  const sum = kinds.connect + kinds.read + kinds.status;
  return { ...kinds, total: total ?? sum };
}

function check(option: string, value: unknown): number {
  return checkNumber(option, value, { max: 1_000_000, integer: true });
}
