/** 2^31 seconds, where RFC 9111 §1.2.2 lets a number of seconds overflow. Longer waits count as this long. */
const LONGEST_WAIT = 2_147_483_648_000;

const DECIMAL = /^[0-9]+(?:\.[0-9]+)?$/;
const GO_DURATION = /^(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h))+$/;
const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A wait in whole milliseconds, rounded up, from 0 to 2^31 seconds. */
export function toWait(ms: number): number {
  return ms > 0 ? Math.min(Math.ceil(ms), LONGEST_WAIT) : 0;
}

/** Digits with or without a fraction; no sign, no exponent, nothing else that `Number` would take. */
export function parseDecimal(value: string | undefined): number | undefined {
  return value !== undefined && DECIMAL.test(value) ? Number(value) : undefined;
}

/** `6m0s`, `120ms`: what Go prints for a duration, in milliseconds. */
export function parseGoDuration(value: string): number | undefined {
  if (!GO_DURATION.test(value)) return undefined;
  let ms = 0;
  for (const [, number, unit] of value.matchAll(/([0-9.]+)([a-z]+)/g)) ms += Number(number) * UNITS[unit!]!;
  return Number(ms.toFixed(6));
}
