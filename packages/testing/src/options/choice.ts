/** What a name stands for, or an error that lists the names. */
export function choice<K extends string, V>(option: string, choices: Readonly<Record<K, V>>, name: K): V {
  if (Object.hasOwn(choices, name)) return choices[name];
  throw new TypeError(`${option}: expected one of ${Object.keys(choices).join(', ')}, got ${String(name)}`);
}
