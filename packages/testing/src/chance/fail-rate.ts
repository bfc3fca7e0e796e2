import { checkNames } from '@steadfetch/core/kit';
import { planOf, type Reply } from '../script/reply.ts';
import { type Script, type ScriptFunction, scriptFunction } from '../script/script.ts';
import { type Chance, checkShare, randomOf } from './chance.ts';

export interface FailRateOptions {
  /** A seed or a random function. @default 1 */
  chance?: Chance;
  /** The reply of a failure. @default 503 */
  reply?: Reply;
}

/**
 * Fails a share of the calls, independently of each other. `then` answers the others.
 *
 * @example flaky(URL, failRate(0.3, 42))
 */
export function failRate(share: number, options: Chance | FailRateOptions = {}, then: Script = 200): ScriptFunction {
  if (typeof options === 'object') checkNames('failRate', options, ['chance', 'reply']);
  const { chance = 1, reply = 503 } = typeof options === 'object' ? options : { chance: options };
  checkShare('failRate: share', share);
  planOf(reply);
  const random = randomOf('failRate', chance);
  const otherwise = scriptFunction(then);
  return (request, index) => (random() < share ? reply : otherwise(request, index));
}
