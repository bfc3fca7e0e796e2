/**
 * What all copies of this package share, under a key of the global object: the first of them makes it. Where nothing can be
 * added to the global object, each copy has its own.
 */
export function shared<T extends object>(key: symbol, own: T): T {
  const all = globalThis as unknown as Record<symbol, T | undefined>;
  if (!all[key]) Reflect.defineProperty(globalThis, key, { value: own, configurable: true });
  return all[key] ?? own;
}
