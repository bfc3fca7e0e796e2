import { optionError } from '@steadfetch/core/kit';

/** What a name stands for, or an error that lists the names. */
export function choice<K extends string, V>(option: string, choices: Readonly<Record<K, V>>, name: K): V {
  if (Object.hasOwn(choices, name)) return choices[name];
  throw optionError(option, `one of ${Object.keys(choices).join(', ')}`, name);
}
