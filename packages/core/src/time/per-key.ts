import { checkFunction, checkNumber } from '../options/check.ts';

/** The values, by their keys. */
export interface PerKey<T> {
  /** The value of the key, made if there is none. */
  (key: string): T;
  /** The value if there is one. Creates nothing, and does not count as a use. */
  peek(key: string): T | undefined;
  /** The keys and their values, the least recently used first. */
  entries(): [key: string, value: T][];
  /** Forgets one key, or all of them. */
  reset(key?: string): void;
}

interface PerKeyOptions<T> {
  /** How many keys are kept. @default 1_000 */
  maxKeys?: number;
  /** Whether a value is to be dropped only where all others are needed too. @default none is */
  isNeeded?: (value: T) => boolean;
}

/** Of all keys together: a thousand long keys must not fill the memory. */
const MAX_CHARACTERS = 1_000_000;

/**
 * One value per key, made when first asked for. Above `maxKeys` keys, or a million characters of keys, the key that was used least
 * recently is dropped: of those whose value is not needed, if there are any.
 *
 * For state that belongs to one server: gates, budgets, breakers.
 */
export function perKey<T>(
  create: (key: string) => T,
  { maxKeys = 1_000, isNeeded = () => false }: PerKeyOptions<T> = {},
): PerKey<T> {
  checkFunction('perKey: create', create);
  checkFunction('perKey: isNeeded', isNeeded);
  checkNumber('perKey: maxKeys', maxKeys, { min: 1, integer: true });
  const kept = new Map<string, Kept<T>>();
  let characters = 0;
  /** What was used last: most calls have the key of the one before. */
  let last: Kept<T> | undefined;

  const make = (given: string): Kept<T> => {
    const key = JSON.parse(JSON.stringify(given)); // a key that is cut from a longer text, e.g. a URL, would keep all of it in memory
    const made = { key, value: create(key) };
    characters += key.length;
    return made;
  };
  const drop = (key: string) => {
    if (last?.key === key) last = undefined;
    if (kept.delete(key)) characters -= key.length;
  };
  /** Any but the last one, which is in use. */
  const leastNeeded = (): string => {
    for (const { key, value } of kept.values()) if (key !== last!.key && !isNeeded(value)) return key;
    return kept.keys().next().value!;
  };
  const use = (given: string): T => {
    if (last !== undefined && given === last.key) return last.value;
    last = kept.get(String(given)) ?? make(String(given));
    kept.delete(last.key);
    kept.set(last.key, last);
    while (kept.size > maxKeys || (characters > MAX_CHARACTERS && kept.size > 1)) drop(leastNeeded());
    return last.value;
  };
  return Object.assign(use, {
    peek: (key: string) => kept.get(key)?.value,
    entries: () => Array.from(kept.values(), ({ key, value }): [string, T] => [key, value]),
    reset: (key?: string) => {
      for (const one of key === undefined ? [...kept.keys()] : [key]) drop(one);
    },
  });
}

interface Kept<T> {
  readonly key: string;
  readonly value: T;
}
