import { clip } from './show.ts';

/**
 * Outside text fit for one line of a log: at most `maxLength` characters, without control characters, line breaks and
 * invisible formatting.
 */
export function oneLine(text: string, maxLength = 200): string {
  return clip(text, maxLength).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
}
