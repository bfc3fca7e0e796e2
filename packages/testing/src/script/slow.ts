import { checkMs } from '@steadfetch/core/kit';
import type { RecordedRequest } from '../server/recorder.ts';
import { type Reply, replyObject } from './reply.ts';
import { type Script, type ScriptFunction, scriptFunction } from './script.ts';

/**
 * Adds a delay to the replies of `then`: the same for all calls, or one per call.
 *
 * @example flaky(URL, slow((_, index) => 100 * index), { clock })
 */
export function slow(
  ms: number | ((request: RecordedRequest, index: number) => number),
  then: Script = 200,
): ScriptFunction {
  const msOf = typeof ms === 'function' ? ms : () => ms;
  if (typeof ms !== 'function') checkMs('slow: ms', ms);
  const next = scriptFunction(then);
  return async (request, index): Promise<Reply> => {
    const reply = replyObject(await next(request, index));
    return { ...reply, delay: (reply.delay ?? 0) + checkMs('slow: ms', msOf(request, index)) };
  };
}
