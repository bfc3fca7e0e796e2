const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const HOURS_AND_MINUTES = '(?<time>(?:[01][0-9]|2[0-3]):[0-5][0-9]';
const SECONDS = ':(?:[0-5][0-9]|60)';
const TIME = `${HOURS_AND_MINUTES}${SECONDS})`;

const HTTP_DATES = [
  `${DAY}, (?<day>[0-9]{2}) (?<month>${MONTHS}) (?<year>[0-9]{4}) ${TIME} GMT`,
  `${LONG_DAY}, (?<day>[0-9]{2})-(?<month>${MONTHS})-(?<year>[0-9]{2}) ${TIME} GMT`,
  `${DAY} (?<month>${MONTHS}) (?<day>[ 0-3][0-9]) ${TIME} (?<year>[0-9]{4})`,
].map(whole);
const RFC_3339: RegExp = whole(
  `(?<year>[0-9]{4})-(?<month>0[1-9]|1[0-2])-(?<day>[0-9]{2})[Tt]${HOURS_AND_MINUTES}(?:${SECONDS}(?:\\.[0-9]+)?)?)` +
    '(?:[Zz]|(?<sign>[+-])(?<hours>[01][0-9]|2[0-3]):(?<minutes>[0-5][0-9]))',
);

/**
 * Milliseconds since the epoch of an HTTP-date in any of the three forms of RFC 9110 §5.6.7, or `undefined`.
 *
 * Strict: exact case and spaces, a day that exists. The name of the day is not compared with the date. `now` decides
 * the century of a two-digit year: the latest that is not more than 50 years ahead.
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  const parts = HTTP_DATES.map((form) => form.exec(value)?.groups).find(Boolean);
  if (!parts) return undefined;
  const month = MONTHS.indexOf(parts.month!) / 4;
  if (parts.year!.length === 4) return instant(Number(parts.year), month, parts);
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const year = limit.getUTCFullYear() - (limit.getUTCFullYear() % 100) + Number(parts.year);
  const latest = instant(year, month, parts);
  return latest! > limit.getTime() ? instant(year - 100, month, parts) : latest;
}

/** An instant of RFC 3339 with its zone, or `undefined`. The seconds may be missing, as Atlassian leaves them out. */
export function parseTimestamp(value: string): number | undefined {
  const parts = RFC_3339.exec(value)?.groups;
  const local = parts && instant(Number(parts.year), Number(parts.month) - 1, parts);
  if (local === undefined || !parts?.sign) return local;
  return local - Number(parts.sign + (Number(parts.hours) * 60 + Number(parts.minutes))) * 60_000;
}

type Parts = Record<string, string | undefined>;

/** `Date.UTC` reads the years 0 to 99 as 1900 to 1999, so it gets the same year of the 400-year cycle from 2000 on. */
function instant(year: number, month: number, { day, time }: Parts): number | undefined {
  const sameCalendar = 2_000 + (year % 400);
  const midnight = Date.UTC(sameCalendar, month, Number(day));
  if (new Date(midnight).getUTCDate() !== Number(day)) return undefined;
  const [hours, minutes, seconds = 0] = time!.split(':').map(Number);
  const sinceMidnight = (hours! * 60 + minutes!) * 60_000 + seconds * 1_000;
  return midnight + sinceMidnight + ((year - sameCalendar) / 400) * CYCLE;
}

const CYCLE = 146_097 * 86_400_000;

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}
