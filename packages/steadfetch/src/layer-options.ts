import { checkPlain } from '@steadfetch/core/kit';

/** Returns `true`, `false` or the options of a layer, which it checks itself; or throws. */
export function checkLayer<T extends object>(option: string, given: T | boolean): T | boolean {
  return typeof given === 'boolean' ? given : checkPlain(option, given, 'true, false or a plain options object');
}

/** The options of one layer on top of its defaults; `undefined` for a layer that is left out. */
export function layerOptions<T extends object>(given: T | boolean, defaults: NoInfer<T>): T | undefined {
  if (given === false) return undefined;
  if (given === true) return defaults;
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}
