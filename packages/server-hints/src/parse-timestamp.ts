/** The seconds may be missing, as Atlassian leaves them out. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT[0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch of an instant of RFC 3339 with its zone, or `undefined`, also for a leap second. */
export function parseTimestamp(value: string): number | undefined {
  const text = value.toUpperCase();
  const at = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
