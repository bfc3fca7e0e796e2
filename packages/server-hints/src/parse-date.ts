const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '((?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60))';
const IMF_FIXDATE = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ${MONTH} ([0-9]{4}) ${TIME} GMT$`);
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, ([0-9]{2})-${MONTH}-([0-9]{2}) ${TIME} GMT$`,
);
const ASCTIME = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} ([0-9]{2}| [0-9]) ${TIME} ([0-9]{4})$`);
const RFC_3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T((?:[01][0-9]|2[0-3]):[0-5][0-9](?::(?:[0-5][0-9]|60)(\.[0-9]+)?)?)(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$/i;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/**
 * Milliseconds since the epoch of an HTTP-date in any of the three forms of RFC 9110 §5.6.7, or `undefined`.
 *
 * Strict: exact case and spaces, a day that exists. The name of the day is not compared with the date. `now` decides
 * the century of a two-digit year.
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  let match = IMF_FIXDATE.exec(value);
  if (match) return instant(Number(match[3]), monthOf(match[2]!), match[1]!, match[4]!);
  match = ASCTIME.exec(value);
  if (match) return instant(Number(match[4]), monthOf(match[1]!), match[2]!, match[3]!);
  match = RFC_850.exec(value);
  return match ? recent(match, now) : undefined;
}

/** An instant of RFC 3339 with its zone; the seconds may be missing, as Atlassian leaves them out. */
export function parseTimestamp(value: string): number | undefined {
  const match = RFC_3339.exec(value);
  if (!match) return undefined;
  const local = instant(Number(match[1]), Number(match[2]) - 1, match[3]!, match[4]!);
  if (local === undefined) return undefined;
  const offset = match[6] ? (Number(match[7]) * 60 + Number(match[8])) * 60_000 : 0;
  return local + Number(`0${match[5] ?? ''}`) * 1_000 - (match[6] === '-' ? -offset : offset);
}

/** The latest year with these two digits that is not more than 50 years ahead (RFC 9110 §5.6.7). */
function recent([, day, month, digits, time]: string[], now: number): number | undefined {
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const century = limit.getUTCFullYear() - (limit.getUTCFullYear() % 100);
  const year = century + Number(digits);
  const ahead = moment(year, monthOf(month!), day!, time!).getTime() > limit.getTime();
  return instant(ahead ? year - 100 : year, monthOf(month!), day!, time!);
}

function monthOf(name: string): number {
  return MONTHS.indexOf(name) / 3;
}

function instant(year: number, month: number, day: string, time: string): number | undefined {
  const date = moment(year, month, day, '00:00');
  const exists = date.getUTCMonth() === month && date.getUTCDate() === Number(day);
  return exists ? moment(year, month, day, time).getTime() : undefined;
}

/** `Date.UTC` would read the years 0 to 99 as 1900 to 1999. A 60th second is the first of the next minute. */
function moment(year: number, month: number, day: string, time: string): Date {
  const [hours, minutes, seconds = 0] = time.split(':').map((part) => Math.trunc(Number(part)));
  const date = new Date(0);
  date.setUTCFullYear(year, month, Number(day));
  date.setUTCHours(hours!, minutes!, seconds);
  return date;
}
