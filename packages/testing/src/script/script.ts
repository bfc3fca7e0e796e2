import type { RecordedRequest } from '../server/recorder.ts';
import { planOf, type Reply } from './reply.ts';

/** Returns the reply to each call. `index` is 0 for the first call. */
export type ScriptFunction = (request: RecordedRequest, index: number) => Reply | Promise<Reply>;

/** What a server answers: one reply for all calls, replies in order, or a function. */
export type Script = Reply | readonly Reply[] | ScriptFunction;

/** What follows the last reply of a list: the last reply again, the whole list again, or an error that the test sees. */
export type Repeat = 'last' | 'cycle' | 'none';

/** A list as a function. It counts its own calls, so it also works inside another script. */
export interface ListScript extends ScriptFunction {
  /** Takes the next reply before its call comes, if it passes the test. */
  takeIf(test: (reply: Reply) => boolean): Reply | undefined;
}

export const REPEATS: readonly Repeat[] = ['last', 'cycle', 'none'];

/** The replies of a script that is not a function. */
export function repliesOf(script: Exclude<Script, ScriptFunction>): readonly Reply[] {
  return Array.isArray(script) ? script : [script as Reply];
}

/** Converts any script to a function. */
export function scriptFunction(script: Script, repeat: Repeat = 'last'): ScriptFunction {
  return typeof script === 'function' ? script : listScript(repliesOf(script), repeat);
}

export function listScript(replies: readonly Reply[], repeat: Repeat): ListScript {
  const { length } = replies;
  if (length === 0) throw new RangeError('script: expected at least one reply, got an empty list');
  replies.forEach(planOf);
  let place = 0;
  const at = (): Reply | undefined => replies[repeat === 'cycle' ? place % length : place] ?? last();
  const last = () => (repeat === 'last' ? replies[length - 1] : undefined);
  const next = (): Reply => {
    const reply = at();
    place++;
    if (reply === undefined) throw new Error(`script: call ${place} came after the ${length} replies were used up`);
    return reply;
  };
  return Object.assign(next, {
    takeIf: (test: (reply: Reply) => boolean) => {
      const reply = at();
      return reply !== undefined && test(reply) ? next() : undefined;
    },
  });
}
