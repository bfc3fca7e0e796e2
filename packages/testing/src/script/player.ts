import type { Clock } from '@steadfetch/core';
import { checkValue } from '../options.ts';
import type { OpenRecord } from '../server/recorder.ts';
import { type Plan, planOf } from './reply.ts';
import { REPEATS, type Repeat, repliesOf, type Script, type ScriptFunction, scriptFunction } from './script.ts';

/** Returns the plan for the next call. */
export type Player = (record: OpenRecord, place: { clock: Clock; signal?: AbortSignal | undefined }) => Promise<Plan>;

export interface PlayerOptions {
  repeat?: Repeat | undefined;
  /** Returns why this server cannot play a plan, or `undefined` if it can. */
  refuses?: (plan: Plan) => string | undefined;
  /** The script as a function, if the caller also takes replies from it. */
  next?: ScriptFunction | undefined;
}

/**
 * Returns a function that asks the script for the next reply and waits for its delay. An error of the script is recorded
 * and thrown.
 *
 * A reply that this server cannot play is an error: at once if it is in a list, at its call if a function returns it.
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

/** The response to a call for which the script had no reply. */
export function problemPlan({ problem }: OpenRecord): Plan {
  return planOf({ status: 599, body: String(problem) });
}
