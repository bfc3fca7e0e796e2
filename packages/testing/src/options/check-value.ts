import { optionError } from '@steadfetch/core/kit';

/** Returns the value, or throws an error that names the option, what is allowed and the value. */
export function checkValue<T>(option: string, value: T, allowed: string, fits: boolean): T {
  if (fits) return value;
  throw optionError(option, allowed, value);
}
