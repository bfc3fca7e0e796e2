import { optionError } from '@steadfetch/core/kit';

/** The options of one layer on top of its defaults; `undefined` for a layer that is left out. */
export function layerOptions<T extends object>(name: string, given: T | boolean, defaults: NoInfer<T>): T | undefined {
  if (given === false) return undefined;
  if (given === true) return defaults;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw optionError(`standard: ${name}`, 'true, false or an options object', given);
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}
