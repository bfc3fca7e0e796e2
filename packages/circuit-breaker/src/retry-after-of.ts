/**
 * The `Retry-After` of a response in milliseconds (RFC 9110 §10.2.3): NaN without a valid one, negative in the past. Of
 * several the longest.
 *
 * A date is taken relative to the `Date` of the response, so that the clocks of the two need not agree.
 */
export function retryAfterOf(response: Response, now: number): number {
  const sentAt = dateOf(response.headers.get('date') ?? '') || now;
  const values = (response.headers.get('retry-after') ?? '').match(VALUES) ?? [''];
  return Math.max(...values.map((value) => (SECONDS.test(value) ? Number(value) * 1_000 : dateOf(value) - sentAt)));
}

/** Between commas, of which one belongs to the name of a day. */
const VALUES = /(?:\s*[a-z]+,)?[^,]+/gi;
const SECONDS = /^\s*\d+(?:\.\d+)?\s*$/;
/** The three forms of RFC 9110 §5.6.7. */
const DATE =
  /^(?:\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT|\w+day, \d\d-\w{3}-\d\d [\d:]{8} GMT|\w{3} \w{3} [ \d]\d [\d:]{8} \d{4})$/;

function dateOf(value: string): number {
  const date = value.trim();
  return DATE.test(date) ? Date.parse(`${date.replace(/-/g, ' ').replace(' GMT', '')} GMT`) : Number.NaN;
}
