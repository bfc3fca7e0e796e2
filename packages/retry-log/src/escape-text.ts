const CONTROLS = /[^ -~\xa0-\u{10ffff}]|[\ud800-\udfff\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const MAX_LENGTH = 1_000;

/**
 * Makes outside text safe for one line of a log: characters that end the line, control a terminal or change the direction
 * of writing are escaped, and a very long text is cut.
 */
export function escapeText(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return short.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
