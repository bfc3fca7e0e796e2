/** The longest delay a timer holds, 2^31 - 1 ms. Beyond it `setTimeout` fires at once. */
export const MAX_TIMER = 2_147_483_647;

/** The options over their defaults, or an error that names the option, the value and what is allowed. */
export function readOptions<T extends Record<keyof T, number>>(owner: string, options: Partial<T>, defaults: T): T {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${owner}: expected an options object, got ${String(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new TypeError(`${owner}: unknown option '${name}', expected one of ${Object.keys(defaults).join(', ')}`);
    }
  }
  const read = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof T & string)[]) {
    const value = options[name];
    if (value !== undefined) read[name] = checkNumber(`${owner}: ${name}`, value, limitOf(name)) as T[typeof name];
  }
  return read;
}

/** Gives the number back, or throws. */
export function checkNumber(option: string, value: number, max: number): number {
  const expected = `${option}: expected a number from 0 to ${max}, got ${show(value)}`;
  if (typeof value !== 'number') throw new TypeError(expected);
  if (!(value >= 0 && value <= max)) throw new RangeError(expected);
  return value;
}

function limitOf(name: string): number {
  return name === 'factor' ? Number.MAX_VALUE : MAX_TIMER;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'symbol' || Object(value) !== value ? String(value) : Object.prototype.toString.call(value);
}
