/** Puts members in place of those of an object. Returns the function that puts back what was there, or was not. */
export function patch(target: object, members: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(members).map((name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const);
  for (const [name, descriptor] of before) {
    const value = members[name];
    const isFixed = descriptor?.configurable === false; // in Bun the methods of a Request can be written, and no more
    const own = isFixed ? { value } : { value, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(target, name, own);
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(target, name, descriptor);
      else Reflect.deleteProperty(target, name);
    }
  };
}
