const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/**
 * IMF-fixdate, RFC 850, asctime. The first also accepts UTC instead of GMT (Go), days with one digit (Java, Kotlin), and +0000 or -0000
 * (as in mails).
 */
const HTTP_DATES = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d?) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) (?:GMT|UTC|[+-]0000)$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ 0-3]\d) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) (?<year>\d{4})$/,
];
/** Seconds are optional: Atlassian omits them. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Milliseconds since the epoch of an HTTP-date in any of the three forms of RFC 9110 §5.6.7, or of an RFC 3339 instant with a
 * zone. `undefined` for any other text.
 *
 * Case and spaces must be exact, and the day must exist, but `HTTP_DATES` allows some other spellings. The name of the day may be wrong.
 * `now` decides the century of a two-digit year: the latest that is at most 50 years ahead (RFC 9110).
 */
export function parseDate(value: string, now: number): number | undefined {
  if (RFC_3339.test(value)) return validTime(Date.parse(value.toUpperCase()));
  const parts = HTTP_DATES.map((form) => form.exec(value)?.groups).find(Boolean);
  if (!parts) return undefined;
  const { day, minutes, seconds } = parts;
  const month = String(MONTHS.indexOf(parts.month!) / 3 + 1).padStart(2, '0');
  /** Adds the seconds separately, because a leap second is number 60. Compares the day, because engines accept 24:00 and 30 February. */
  const inYear = (year: number | string) => {
    const date = new Date(`${year}-${month}-${day!.trim().padStart(2, '0')}T${minutes}Z`);
    return date.getUTCDate() === Number(day) ? date.getTime() + Number(seconds) * 1_000 : undefined;
  };
  if (parts.year!.length === 4) return inYear(parts.year!);
  const limit = new Date(now);
  const last = limit.getUTCFullYear() + 50;
  const year = last - ((last - Number(parts.year)) % 100);
  const latest = inYear(year);
  return latest! > limit.setUTCFullYear(last) ? inYear(year - 100) : latest;
}

function validTime(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}

const YEAR_MS = 31_557_600_000;

/** Whether a number of milliseconds is an instant within a year of `now`. As a duration it would be decades long. */
export function isInstant(ms: number, now: number): boolean {
  return ms >= 1e12 && Math.abs(ms - now) < YEAR_MS;
}
