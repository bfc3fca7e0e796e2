/** Throws unless each of them is a function. */
export function checkFunctions(owner: string, functions: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value !== 'function') throw new TypeError(optionMessage(`${owner}: ${name}`, 'a function', value));
  }
}

/** Throws for a name that is not an option, and for a value that is no number from 0 to its limit. */
export function checkOptions(owner: string, options: object, limits: Record<string, number>): void {
  if (typeof options !== 'object' || !options || Array.isArray(options)) {
    throw new TypeError(optionMessage(owner, 'options', options));
  }
  for (const [name, value = 0] of Object.entries(options)) {
    if (!Object.hasOwn(limits, name)) {
      throw new TypeError(`${owner}: unknown option '${name}', expected one of ${Object.keys(limits).join(', ')}`);
    }
    const limit = limits[name]!;
    if (typeof value === 'number' && value >= 0 && value <= limit) continue;
    const kind = typeof value === 'number' ? RangeError : TypeError;
    throw new kind(optionMessage(`${owner}: ${name}`, `a number from 0 to ${limit}`, value));
  }
}

/** What an error says: the option, what is allowed, and the value. */
export function optionMessage(option: string, allowed: string, value: unknown): string {
  return `${option}: expected ${allowed}, got ${show(value)}`;
}

/** On one line, 80 characters at most; never throws. */
function show(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  try {
    const whole = typeof value === 'string' || typeof value === 'object' ? JSON.stringify(value) : String(value);
    return whole.length > 80 ? `${whole.slice(0, 79)}…` : whole;
  } catch {
    return Object.prototype.toString.call(value);
  }
}
