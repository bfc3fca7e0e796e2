/**
 * Outside text fit for one line of a log: at most `maxLength` characters, without control characters, line breaks and
 * invisible formatting.
 */
export function oneLine(text: string, maxLength = 200): string {
  const clipped = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return clipped.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
}
