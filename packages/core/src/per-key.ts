import { checkFunction, checkNumber } from './check.ts';

/**
 * One value per key, made when first asked for; bounded: the key that was used least recently is dropped.
 *
 * For state that belongs to one server: gates, budgets, breakers.
 */
export function perKey<T>(
  create: (key: string) => T,
  { maxKeys = 1_000 }: { maxKeys?: number } = {},
): (key: string) => T {
  checkFunction('perKey: create', create);
  checkNumber('perKey: maxKeys', maxKeys, { min: 1, integer: true });
  const values = new Map<string, T>();
  let lastKey: unknown = values; // no caller has it
  let lastValue: T;
  return (key) => {
    if (key === lastKey) return lastValue;
    const value = values.has(key) ? values.get(key)! : create(key);
    values.delete(key);
    values.set(key, value);
    if (values.size > maxKeys) values.delete(values.keys().next().value!);
    lastKey = key;
    lastValue = value;
    return value;
  };
}
