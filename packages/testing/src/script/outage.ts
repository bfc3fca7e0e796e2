import type { Clock } from '@steadfetch/core';
import { checkNames, checkNumber } from '@steadfetch/core/kit';
import { elapsedOn } from '../time/elapsed.ts';
import { planOf, type Reply } from './reply.ts';
import { type Script, type ScriptFunction, scriptFunction } from './script.ts';

export interface OutageOptions {
  /** When the outage begins, in milliseconds from the start. */
  from: number;
  /** When the outage ends, in milliseconds from the start. `Infinity`: never. */
  to: number;
  /** The reply during the outage. @default 503 */
  reply?: Reply;
  /** With a clock, `from` and `to` count from the creation of the script. @default the server's clock, from its start */
  clock?: Clock;
}

/**
 * Fails every call between two instants. Before and after, `then` answers.
 *
 * @example flaky(URL, outage({ from: 10_000, to: 20_000 }, failRate(0.01)), { clock })
 */
export function outage(options: OutageOptions, then: Script = 200): ScriptFunction {
  checkNames('outage', options, ['from', 'to', 'reply', 'clock']);
  const { from, to, reply = 503, clock } = options;
  checkNumber('outage: from', from);
  checkNumber('outage: to', to, { min: from });
  planOf(reply);
  const elapsed = elapsedOn('outage', clock);
  const otherwise = scriptFunction(then);
  return (request, index) => {
    const at = elapsed(request);
    return at >= from && at < to ? reply : otherwise(request, index);
  };
}
