/** Replaces members of an object. Returns the function that restores the original members, and removes new ones. */
export function patch(target: object, members: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(members).map((name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const);
  for (const [name, descriptor] of before) {
    const value = members[name];
    const isFixed = descriptor?.configurable === false; // Bun's Request methods are writable but not configurable
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
