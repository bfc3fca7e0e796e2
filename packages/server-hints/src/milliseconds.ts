/** 2^31 seconds: RFC 9111 §1.2.2 says to use it for any number of seconds that is too large. Longer waits count as this long. */
const MAX_WAIT_MS = 2_147_483_648_000;

const DECIMAL = /^[0-9]+(?:\.[0-9]+)?$/;
const GO_DURATION = /^(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h))+$/;
const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A wait in whole milliseconds, rounded up, from 0 to 2^31 seconds. */
export function toWait(ms: number): number {
  return ms > 0 ? Math.min(Math.ceil(ms), MAX_WAIT_MS) : 0;
}

/** Parses digits with or without a fraction. `Number` would also accept signs, exponents, spaces and other bases. */
export function parseDecimal(value: string | undefined): number | undefined {
  return value !== undefined && DECIMAL.test(value) ? Number(value) : undefined;
}

/** Parses a duration as Go prints it, such as `6m0s` or `120ms`, to milliseconds. */
export function parseGoDuration(value: string): number | undefined {
  if (!GO_DURATION.test(value)) return undefined;
  let ms = 0;
  for (const [, number, unit] of value.matchAll(/([0-9.]+)([a-z]+)/g)) ms += Number(number) * UNITS[unit!]!;
  return Number(ms.toFixed(6));
}
