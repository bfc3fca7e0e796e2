const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = /[[{]/;
const CLOSING = /[\]}]/;

/** Whether a text that is not JSON is the beginning of JSON: it ends inside a string or an open bracket. */
export function isCutOff(text: string): boolean {
  if (text.trim() === '') return true;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) === QUOTE) {
      at = endOfString(text, at);
      if (at === text.length) return true;
    } else if (OPENING.test(text[at]!)) depth++;
    else if (CLOSING.test(text[at]!)) depth--;
  }
  return depth > 0;
}

/** Where the string that starts at `start` is closed; the length of the text where it is not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}
