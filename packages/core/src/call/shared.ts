/**
 * Returns an object that all copies of this package share, under a key of the global object. The first copy sets it. If the global
 * object is not extensible, each copy uses its own.
 */
export function shared<T extends object>(key: symbol, own: T): T {
  const all = globalThis as unknown as Record<symbol, T | undefined>;
  if (!all[key]) Reflect.defineProperty(globalThis, key, { value: own, configurable: true });
  return all[key] ?? own;
}
