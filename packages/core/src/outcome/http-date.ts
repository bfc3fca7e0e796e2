const TIME = '[0-2]\\d:[0-5]\\d:[0-5]\\d';
const MONTH = '[A-Z][a-z]{2}';

/**
 * IMF-fixdate, RFC 850, asctime. In the first, servers in Go write UTC for GMT, those in Java and Kotlin write days below 10 with
 * one digit, and others write +0000 or -0000, as in mails.
 */
const HTTP_DATE = /* @__PURE__ */ new RegExp(
  `^(${[
    `\\w{3}, \\d\\d? ${MONTH} [1-9]\\d{3} ${TIME} (GMT|UTC|[+-]0000)`,
    `\\w+day, \\d\\d-${MONTH}-\\d\\d ${TIME} GMT`,
    `\\w{3} ${MONTH} [\\d ]\\d ${TIME} [1-9]\\d{3}`,
  ].join('|')})$`,
);

/**
 * Milliseconds since the epoch of an HTTP-date in any of the three forms of RFC 9110 §5.6.7, or `undefined`: also for a leap
 * second, which some engines read as the minute before. The form without a zone is in GMT.
 */
export function parseHttpDate(text: string): number | undefined {
  const at = HTTP_DATE.test(text) ? Date.parse(text.replace(/( GMT| UTC| [+-]0000)?$/, ' GMT')) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
