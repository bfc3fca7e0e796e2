import type { Random } from '@steadfetch/core';
import type { Decision, Limit, LimitPlan } from '../limits/limit.ts';
import { concurrency, slidingLog } from '../limits/limits.ts';

/** A window that begins with the first request after the last one. */
export function windowFromFirst(quota: number, window: number): LimitPlan {
  const create = (): Limit => {
    let start = -Infinity;
    let used = 0;
    return {
      decide: (at) => {
        if (at >= start + window) [start, used] = [at, 0];
        const accepted = used < quota;
        if (accepted) used++;
        const renewed = start + window - at;
        return { accepted, wait: accepted ? 0 : renewed, remaining: quota - used, renewed };
      },
      allowed: (from, to) => (quota * (to - from)) / window,
    };
  };
  return { ...slidingLog(quota, window), create };
}

/** Once more than `quota` come in a window, all is refused for so long. */
export function penalty(quota: number, window: number, lasts: number): LimitPlan {
  const create = (): Limit => {
    let [start, used, until] = [-Infinity, 0, -Infinity];
    return {
      decide: (at) => {
        if (at >= start + window) [start, used] = [at, 0];
        if (at >= until && ++used > quota) until = at + lasts;
        const accepted = at >= until;
        return { accepted, wait: accepted ? 0 : until - at, remaining: accepted ? quota - used : 0, renewed: window };
      },
      allowed: (from, to) => (quota * (to - from)) / window,
    };
  };
  return { ...slidingLog(quota, window), create };
}

/** Others use the same limit, so many requests a second by chance. */
export function withOthers(plan: LimitPlan, perSecond: number): LimitPlan {
  return sharedWith(plan, (random) => {
    let next = 0;
    return () => {
      next -= (1_000 / perSecond) * Math.log(1 - random());
      return next;
    };
  });
}

/** Others make so many requests as each window of the plan begins, from the start of the run on. */
export function withOthersAtStart(plan: LimitPlan, requests: number): LimitPlan {
  const begins = { ...plan, create: () => plan.create(() => 0) };
  return sharedWith(begins, () => {
    let index = 0;
    return () => Math.floor(index++ / requests) * plan.window + 1;
  });
}

/** From an instant to another one others make twice as many requests as the plan allows. */
export function usedUpBetween(plan: LimitPlan, from: number, to: number): LimitPlan {
  return sharedWith(plan, () => {
    let next = from;
    return () => {
      next += plan.window / plan.quota / 2;
      return next < to ? next : Infinity;
    };
  });
}

/** `times` makes a function that returns when the others make their next request. */
function sharedWith(plan: LimitPlan, times: (random: Random) => () => number): LimitPlan {
  const create = (random: Random): Limit => {
    const limit = plan.create(random);
    const following = times(random);
    let next = following();
    const decide = (at: number): Decision => {
      for (; next <= at; next = following()) limit.decide(next);
      return limit.decide(at);
    };
    return { decide, allowed: (from, to) => limit.allowed(from, to) };
  };
  return { ...plan, create };
}

/** So many requests at once, and from an instant on more. */
export function risingConcurrency(most: number, more: number, from: number): LimitPlan {
  const plan = concurrency(more, 1_000);
  const create = (): Limit => {
    let busy = 0;
    return {
      decide: (at) => {
        const accepted = busy < (at < from ? most : more);
        if (accepted) busy++;
        return { accepted, wait: accepted ? 0 : 1_000, remaining: 0, renewed: 1_000 };
      },
      release: () => {
        busy--;
      },
      allowed: () => Infinity,
    };
  };
  return { ...plan, create };
}
