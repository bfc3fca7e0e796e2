import { checkFunction, checkNumber } from '../options/check.ts';

/** A map that creates missing values. */
export interface PerKey<T> {
  /** Returns the value of the key. Creates it if there is none. */
  (key: string): T;
  /** Returns the value if there is one. Creates nothing, and does not count as a use. */
  peek(key: string): T | undefined;
  /** Returns the keys and values, the least recently used first. */
  entries(): [key: string, value: T][];
  /** Forgets one key, or all of them. */
  reset(key?: string): void;
}

interface PerKeyOptions<T> {
  /** How many keys are kept at most. @default 1_000 */
  maxKeys?: number;
  /** Whether a value is in use. Such a value is dropped only if all others are in use too. @default () => false */
  isNeeded?: (value: T) => boolean;
}

/** The total length of all keys is limited, too: a thousand long keys must not fill the memory. */
const MAX_CHARACTERS = 1_000_000;

/**
 * One value per key, created on first use. Above `maxKeys` keys, or a million characters in all keys, the least recently used key is
 * dropped. Keys whose value `isNeeded` are dropped last.
 *
 * For the state of one server: gates, budgets, breakers.
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
  /** The entry that was used last. It saves a look-up: most calls have the same key as the call before. */
  let last: Kept<T> | undefined;

  const make = (given: string): Kept<T> => {
    const key = JSON.parse(JSON.stringify(given)); // a copy, since a key that is a slice of a longer string, e.g. a URL, keeps all of that in memory
    const made = { key, value: create(key) };
    characters += key.length;
    return made;
  };
  const drop = (key: string) => {
    if (last?.key === key) last = undefined;
    if (kept.delete(key)) characters -= key.length;
  };
  /** The key to drop. Never the last one used, which is in use now. */
  const keyToDrop = (): string => {
    for (const { key, value } of kept.values()) if (key !== last!.key && !isNeeded(value)) return key;
    return kept.keys().next().value!;
  };
  const use = (given: string): T => {
    if (last !== undefined && given === last.key) return last.value;
    last = kept.get(String(given)) ?? make(String(given));
    kept.delete(last.key);
    kept.set(last.key, last);
    while (kept.size > maxKeys || (characters > MAX_CHARACTERS && kept.size > 1)) drop(keyToDrop());
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
