const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/**
 * IMF-fixdate, RFC 850, asctime. In the first, servers in Go write UTC for GMT, those in Java and Kotlin write days below 10 with
 * one digit, and others write +0000 or -0000, as in mails.
 */
const HTTP_DATES = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d?) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) (?:GMT|UTC|[+-]0000)$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ 0-3]\d) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) (?<year>\d{4})$/,
];
const RFC_3339 =
  /^(?<year>\d{4})-(?<month>0[1-9]|1[0-2])-(?<day>\d\d)[Tt](?<minutes>[0-2]\d:[0-5]\d)(?::(?<seconds>(?:[0-5]\d|60)(?:\.\d+)?))?(?:[Zz]|(?<zone>[+-](?:[01]\d|2[0-3]):[0-5]\d))$/;

/**
 * Milliseconds since the epoch of an HTTP-date in any of the three forms of RFC 9110 §5.6.7, or `undefined`.
 *
 * Strict, but for the spellings of `HTTP_DATES`: exact case and spaces, a day that exists. The name of the day is not compared
 * with the date. `now` decides the century of a two-digit year: the latest that is not more than 50 years ahead.
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  const parts = HTTP_DATES.map((form) => form.exec(value)?.groups).find(Boolean);
  if (!parts) return undefined;
  const month = String(MONTHS.indexOf(parts.month!) / 3 + 1).padStart(2, '0');
  const inYear = (year: string) => instant({ ...parts, year, month });
  if (parts.year!.length === 4) return inYear(parts.year!);
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const century = Math.floor(limit.getUTCFullYear() / 100);
  const latest = inYear(century + parts.year!);
  return latest! > limit.getTime() ? inYear(century - 1 + parts.year!) : latest;
}

/** An instant of RFC 3339 with its zone, or `undefined`. The seconds may be missing, as Atlassian leaves them out. */
export function parseTimestamp(value: string): number | undefined {
  const parts = RFC_3339.exec(value)?.groups;
  return parts && instant(parts);
}

/**
 * Seconds are added, since a leap second is the 60th. The day is compared, since 24:00 is the next day, and some engines
 * accept 30 February.
 */
function instant(parts: Record<string, string | undefined>): number | undefined {
  const { year, month, day, minutes, seconds = '0', zone = 'Z' } = parts;
  const at = (offset: string) => Date.parse(`${year}-${month}-${day!.trim().padStart(2, '0')}T${minutes}${offset}`);
  return new Date(at('Z')).getUTCDate() === Number(day) ? at(zone) + Number(`${seconds}e3`) : undefined;
}

const YEAR = 31_557_600_000;

/** Whether a number of milliseconds is an instant within a year of `now`: as a wait it would be one of decades. */
export function isInstant(ms: number, now: number): boolean {
  return ms >= 1e12 && Math.abs(ms - now) < YEAR;
}
