/** What the server answered, in the terms of the model. Times are milliseconds. */
export interface Answer {
  /** `failed` says nothing about the limit: a network error, a 500. */
  readonly kind: 'accepted' | 'refused' | 'failed';
  /** How long the server asked to wait, if it did; of a refusal only. */
  readonly wait?: number;
  /** What the quota fields of the response say, nearest first. */
  readonly quotas?: readonly Quota[];
  /** What the call really cost, where that is known only afterwards. @default the cost it was sent with */
  readonly cost?: number;
}

/** What follows from an answer for the call and for others. */
export interface Settled {
  /** The refused call itself may be sent again after so many ms: never earlier than the server asked. */
  readonly retryIn?: number;
  /** Whether the gate is closed. */
  readonly closed: boolean;
}

export interface Quota {
  /** The name of the policy. A name with `request` in it counts requests, whatever they cost. */
  readonly name?: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** From now. */
  readonly reset?: number;
  readonly window?: number;
}

/** A quota that can be used: every number in it is finite and not negative. */
export interface UsableQuota {
  readonly name: string;
  readonly limit?: number | undefined;
  readonly remaining: number;
  readonly reset?: number | undefined;
  readonly window?: number | undefined;
}

/** More policies than these are not looked at. */
export const MOST_QUOTAS = 8;
/** A wait or a reset beyond a day is a mistake of the unit, or an attack, in milliseconds. */
export const DAY_MS = 86_400_000;
/** No number of a quota, and no cost, is larger than this. */
const LARGEST = 1e12;

const NONE: readonly UsableQuota[] = [];

/** The quotas of an answer that make sense. A response may hold anything. */
export function usable(quotas: readonly Quota[] | undefined): readonly UsableQuota[] {
  if (!quotas) return NONE;
  return quotas.slice(0, MOST_QUOTAS).flatMap((quota) => {
    const remaining = number(quota.remaining, 0, LARGEST);
    if (remaining === undefined) return [];
    const limit = number(quota.limit, 1, LARGEST);
    const reset = number(quota.reset, 0, 400 * DAY_MS);
    return {
      name: quota.name ?? '',
      limit,
      remaining: Math.min(remaining, limit ?? LARGEST),
      reset: reset && Math.min(reset, DAY_MS),
      window: number(quota.window, 1, 400 * DAY_MS),
    };
  });
}

/** The wait that the server asked for, if it makes sense. */
export function usableWait(wait: number | undefined): number | undefined {
  return number(wait, 0, DAY_MS);
}

/** What a call costs, if it makes sense. */
export function usableCost(cost: number | undefined): number | undefined {
  return number(cost, 0, LARGEST);
}

function number(value: number | undefined, least: number, most: number): number | undefined {
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}
