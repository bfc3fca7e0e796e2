/** Gives the value back, or throws an error that names the option, what is allowed and the value. */
export function checkValue<T>(option: string, value: T, allowed: string, fits: boolean): T {
  if (fits) return value;
  const shown = typeof value === 'object' && value ? Object.prototype.toString.call(value) : String(value);
  throw new TypeError(
    `${option}: expected ${allowed}, got ${typeof value === 'string' ? JSON.stringify(value) : shown}`,
  );
}
