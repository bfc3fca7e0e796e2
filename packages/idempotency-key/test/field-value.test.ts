import { expect, it } from 'vitest';
import { fieldValue } from '../src/field-value.ts';

it('checks a long key in no time', () => {
  const long = 'a'.repeat(200_000);
  const before = process.cpuUsage();

  expect(fieldValue(long, 'raw')).toBe(long);
  expect(() => fieldValue(`${long}é`, 'quoted')).toThrow('expected it to return printable ASCII');
  expect(() => fieldValue(' '.repeat(200_000), 'quoted')).toThrow(TypeError);
  expect(() => fieldValue(`"${long}\\`, 'raw')).not.toThrow();

  // with parts that overlap it takes a minute
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
});
