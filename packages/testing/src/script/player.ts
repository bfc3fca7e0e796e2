import type { Clock } from '@steadfetch/core';
import { checkValue } from '../options.ts';
import type { OpenRecord } from '../server/recorder.ts';
import { type Plan, planOf } from './reply.ts';
import { REPEATS, type Repeat, repliesOf, type Script, type ScriptFunction, scriptFunction } from './script.ts';

/** Plays a script, one call after the other. */
export type Player = (record: OpenRecord, place: { clock: Clock; signal?: AbortSignal | undefined }) => Promise<Plan>;

export interface PlayerOptions {
  repeat?: Repeat | undefined;
  /** Says why a plan cannot be played here. */
  refuses?: (plan: Plan) => string | undefined;
  /** The script as a function, where the caller keeps its own hands on it. */
  next?: ScriptFunction | undefined;
}

/**
 * Asks the script for the next reply, and lets its delay pass. A script that fails is written down, then thrown.
 *
 * What cannot be played is an error at once where it stands in a list, and when it comes from a function.
 */
export function player(
  script: Script,
  { repeat, refuses, next = scriptFunction(script, repeat) }: PlayerOptions,
): Player {
  checkValue(
    'script: repeat',
    repeat,
    `one of ${REPEATS.join(', ')}`,
    repeat === undefined || REPEATS.includes(repeat),
  );
  const check = (plan: Plan): void => {
    const why = refuses?.(plan);
    if (why !== undefined) throw new TypeError(why);
  };
  if (typeof script !== 'function') repliesOf(script).map(planOf).forEach(check);
  return async (record, { clock, signal }) => {
    let plan: Plan;
    try {
      plan = planOf(await next(record, record.index));
      check(plan);
    } catch (error) {
      record.problem = error;
      throw error;
    }
    record.fault = plan.error === undefined ? plan.fault : plan.error || 'network-error';
    if (plan.delay > 0 && plan.fault !== 'refuse') await clock.sleep(plan.delay, signal);
    return plan;
  };
}

/** What is answered in place of a reply that the script did not have. */
export function problemPlan({ problem }: OpenRecord): Plan {
  return planOf({ status: 599, body: String(problem) });
}
