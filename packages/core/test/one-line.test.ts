import { oneLine } from '@steadfetch/core/kit';
import { expect, it } from 'vitest';

it.each([
  ['https://h.test/a', 'https://h.test/a'],
  ['a\r\n\t\u0000b\u001b[31mc\u0085\u2028\u2029d', 'ab[31mcd'],
  ['\u202eback\u200bwards', 'backwards'],
  ['\ud83d cut', ' cut'],
  ['grüße 🙂', 'grüße 🙂'],
  ['', ''],
])('makes one line of %j', (text, expected) => {
  expect(oneLine(text)).toBe(expected);
});

it('cuts what is too long', () => {
  expect(oneLine('x'.repeat(1_000_000))).toBe(`${'x'.repeat(199)}…`);
  expect(oneLine('abcdef', 4)).toBe('abc…');
});
