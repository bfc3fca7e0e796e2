/** The longest delay a timer holds, 2^31 - 1 ms. Beyond it `setTimeout` fires at once. */
const MAX_TIMER = 2_147_483_647;

/** The options over their defaults, or an error that names the option, the value and what is allowed. */
export function readOptions<T extends Record<string, number>>(
  owner: string,
  options: { [Name in keyof T]?: number | undefined },
  defaults: T,
): T {
  if (typeof options !== 'object' || !options || Array.isArray(options)) {
    throw new TypeError(`${owner}: expected options, got ${show(options)}`);
  }
  const read: Record<string, number> = { ...defaults };
  for (const [name, value = read[name]] of Object.entries(options)) {
    if (!Object.hasOwn(defaults, name)) {
      // the argument of a delay
      const hint = name === 'attempt' ? `; as a delay, write ${owner}() and not ${owner}` : '';
      throw new TypeError(
        `${owner}: unknown option '${name}', expected one of ${Object.keys(defaults).join(', ')}${hint}`,
      );
    }
    read[name] = checkNumber(`${owner}: ${name}`, value, name === 'factor' ? Number.MAX_VALUE : MAX_TIMER);
  }
  return read as T;
}

/** Returns the number, 0 for -0, or throws. */
export function checkNumber(option: string, value: unknown, max: number = MAX_TIMER): number {
  if (typeof value === 'number' && value >= 0 && value <= max) return Math.abs(value);
  const kind = typeof value === 'number' ? RangeError : TypeError;
  throw new kind(`${option}: expected a number from 0 to ${max}, got ${show(value)}`);
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
