/** Throws unless both are functions. */
export function checkFunctions(owner: string, functions: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value !== 'function') throw new TypeError(`${owner}: ${name}: expected a function, got ${show(value)}`);
  }
}

/** Throws for a name that is not an option, and for a value that is no number from 0 to its limit. */
export function checkOptions(owner: string, options: object, limits: Record<string, number>): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${owner}: expected an options object, got ${show(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(limits, name)) {
      throw new TypeError(`${owner}: unknown option '${name}', expected one of ${Object.keys(limits).join(', ')}`);
    }
    if (value !== undefined) checkNumber(`${owner}: ${name}`, value, limits[name]!);
  }
}

function checkNumber(option: string, value: unknown, max: number): void {
  const expected = `${option}: expected a number from 0 to ${max}, got ${show(value)}`;
  if (typeof value !== 'number') throw new TypeError(expected);
  if (!(value >= 0 && value <= max)) throw new RangeError(expected);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'symbol' || Object(value) !== value ? String(value) : Object.prototype.toString.call(value);
}
