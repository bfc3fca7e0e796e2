/** IMF-fixdate, RFC 850, asctime. */
const HTTP_DATES = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ 0-3]\d) (?<minutes>[0-2]\d:[0-5]\d):(?<seconds>[0-5]\d|60) (?<year>\d{4})$/,
];
const RFC_3339 =
  /^(?<date>\d{4}-(?:0[1-9]|1[0-2])-(?<day>\d\d))[Tt](?<minutes>[0-2]\d:[0-5]\d)(?::(?<seconds>(?:[0-5]\d|60)(?:\.\d+)?))?(?:[Zz]|(?<zone>[+-](?:[01]\d|2[0-3]):[0-5]\d))$/;

/**
 * Milliseconds since the epoch of an HTTP-date in any of the three forms of RFC 9110 §5.6.7, or `undefined`.
 *
 * Strict: exact case and spaces, a day that exists. The name of the day is not compared with the date. `now` decides
 * the century of a two-digit year: the latest that is not more than 50 years ahead.
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  const parts = HTTP_DATES.map((form) => form.exec(value)?.groups).find(Boolean);
  if (!parts) return undefined;
  const { month, year, minutes } = parts;
  const inYear = (year: string | number) => instant(parts, `${parts.day} ${month} ${year} ${minutes} GMT`);
  if (year!.length > 2) return inYear(year!);
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const latest = limit.getUTCFullYear() - ((limit.getUTCFullYear() - Number(year)) % 100);
  const at = inYear(latest);
  return at! > limit.getTime() ? inYear(latest - 100) : at;
}

/** An instant of RFC 3339 with its zone, or `undefined`. The seconds may be missing, as Atlassian leaves them out. */
export function parseTimestamp(value: string): number | undefined {
  const parts = RFC_3339.exec(value)?.groups;
  return parts && instant(parts, `${parts.date}T${parts.minutes}Z`, parts.zone);
}

/**
 * Seconds are added, since a leap second is the 60th. The day is compared, since 24:00 is the next day, and engines
 * accept 30 February.
 */
function instant(
  { day, seconds = '0' }: Record<string, string>,
  minutes: string,
  zone: string = 'Z',
): number | undefined {
  if (new Date(Date.parse(minutes)).getUTCDate() !== Number(day)) return undefined;
  return Date.parse(minutes.replace('Z', zone)) + Number(`${seconds}e3`);
}
