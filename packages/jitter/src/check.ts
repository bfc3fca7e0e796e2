/** Throws unless each of them is a function. */
export function checkFunctions(owner: string, functions: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value !== 'function') throw new TypeError(`${owner}: ${name}: expected a function, got ${show(value)}`);
  }
}

/** Throws for a name that is not an option, and for a value that is no number from 0 to its limit. */
export function checkOptions(owner: string, options: object, limits: Record<string, number>): void {
  if (typeof options !== 'object' || !options || Array.isArray(options)) {
    throw new TypeError(`${owner}: expected options, got ${show(options)}`);
  }
  for (const [name, value = 0] of Object.entries(options)) {
    if (!Object.hasOwn(limits, name)) {
      throw new TypeError(`${owner}: unknown option '${name}', expected one of ${Object.keys(limits).join(', ')}`);
    }
    const limit = limits[name]!;
    if (typeof value === 'number' && value >= 0 && value <= limit) continue;
    const kind = typeof value === 'number' ? RangeError : TypeError;
    throw new kind(`${owner}: ${name}: expected a number from 0 to ${limit}, got ${show(value)}`);
  }
}

export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return Object(value) === value ? Object.prototype.toString.call(value) : String(value);
}
