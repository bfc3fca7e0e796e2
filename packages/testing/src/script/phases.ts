import { checkNumber } from '@steadfetch/core/kit';
import { checkValue } from '../options.ts';
import { type Script, type ScriptFunction, scriptFunction } from './script.ts';

/**
 * Switches scripts at given times, in milliseconds since the server was created. Use it for a limit that changes or ends.
 *
 * @example startServer(phases([[0, rateLimited({ rate: 100 })], [5_000, 200]]))
 */
export function phases(list: readonly (readonly [from: number, script: Script])[]): ScriptFunction {
  checkValue('phases', list, 'an array of [from, script]', Array.isArray(list));
  if (list.length === 0) throw new RangeError('phases: expected at least one phase, got an empty list');
  let last = 0;
  const steps = list.map((phase) => {
    const [from, script] = checkValue('phases', phase, '[from, script]', Array.isArray(phase));
    last = checkNumber('phases: from', from, { min: last });
    return { from, next: scriptFunction(script) };
  });
  return (request, index) => {
    const now = steps.findLast(({ from }) => request.elapsed >= from) ?? steps[0]!;
    return now.next(request, index);
  };
}
