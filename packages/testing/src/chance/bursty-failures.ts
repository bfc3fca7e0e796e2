import { checkNames } from '@steadfetch/core/kit';
import { planOf, type Reply } from '../script/reply.ts';
import { type Script, type ScriptFunction, scriptFunction } from '../script/script.ts';
import { type Chance, checkShare, randomOf } from './chance.ts';

export interface BurstyOptions {
  /** Probability per call that the state turns from good to bad. @default 0.05 */
  toBad?: number;
  /** Probability per call that the state turns from bad to good. The mean length of a burst is 1 / `toGood` calls. @default 0.25 */
  toGood?: number;
  /** Share of calls that fail in the good state. @default 0 */
  failGood?: number;
  /** Share of calls that fail in the bad state. @default 1 */
  failBad?: number;
  /** A seed or a random function. @default 1 */
  chance?: Chance;
  /** The reply of a failure. @default 503 */
  reply?: Reply;
}

/**
 * Failures in bursts, as on real networks: the Gilbert-Elliott model with a good and a bad state. It starts in the good one.
 *
 * Source: E. N. Gilbert, Capacity of a Burst-Noise Channel, 1960; E. O. Elliott, 1963.
 *
 * @example flaky(URL, burstyFailures({ toBad: 0.02, toGood: 0.2, chance: 42 }))
 */
export function burstyFailures(options: BurstyOptions = {}, then: Script = 200): ScriptFunction {
  checkNames('burstyFailures', options, ['toBad', 'toGood', 'failGood', 'failBad', 'chance', 'reply']);
  const { toBad = 0.05, toGood = 0.25, failGood = 0, failBad = 1, chance = 1, reply = 503 } = options;
  for (const [name, value] of Object.entries({ toBad, toGood, failGood, failBad })) {
    checkShare(`burstyFailures: ${name}`, value);
  }
  planOf(reply);
  const random = randomOf('burstyFailures', chance);
  const otherwise = scriptFunction(then);
  let bad = false;
  return (request, index) => {
    if (random() < (bad ? toGood : toBad)) bad = !bad;
    return random() < (bad ? failBad : failGood) ? reply : otherwise(request, index);
  };
}
