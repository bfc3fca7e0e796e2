/**
 * The `Retry-After` of a response in milliseconds (RFC 9110 §10.2.3): NaN without a valid one, negative in the past.
 *
 * A date is taken relative to the `Date` of the response, so that the clocks of the two need not agree.
 */
export function retryAfterOf(response: Response, now: number): number {
  const value = response.headers.get('retry-after') ?? '';
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value) * 1_000;
  return dateOf(value) - (dateOf(response.headers.get('date') ?? '') || now);
}

/** The form that servers send today; NaN for any other. */
function dateOf(value: string): number {
  return /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value) ? Date.parse(value) : Number.NaN;
}
