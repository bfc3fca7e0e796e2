import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseRetryAfter } from '../src/index.ts';

const now = Date.UTC(2025, 0, 1);

afterEach(() => vi.restoreAllMocks());

describe('parseRetryAfter', () => {
  it.each([
    ['7', 7_000],
    ['0', 0],
    [' \t120 \t', 120_000],
    ['2.3', 2_300],
    ['0.0001', 1],
    ['5, 10', 10_000],
    ['10 ,\t5,7', 10_000],
    ['99999999999999999999', 2_147_483_648_000],
    ['Wed, 01 Jan 2025 00:00:30 GMT', 30_000],
    ['Wed, 01 Jan 2025 00:00:30 UTC', 30_000],
    ['Wed, 01 Jan 2025 00:00:30 +0000', 30_000],
    ['Wed, 01 Jan 2025 00:00:30 -0000', 30_000],
    ['Wed, 1 Jan 2025 00:00:30 GMT', 30_000],
    ['Wed, 1 Jan 2025 00:00:30 +0000', 30_000],
    ['Wednesday, 01-Jan-25 00:00:30 GMT', 30_000],
    ['Wed Jan  1 00:00:30 2025', 30_000],
    ['Wed Jan 01 00:00:30 2025', 30_000],
    ['Tue, 31 Dec 2024 00:00:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 2_147_483_648_000],
    ['Wed, 01 Jan 2025 00:00:60 GMT', 60_000],
    ['Sat, 29 Feb 0096 00:00:00 GMT', 0],
    ['Sun, 06 Nov 0049 08:49:37 GMT', 0],
  ])('reads %j', (value, expected) => {
    expect(parseRetryAfter(value, { now })).toBe(expected);
  });

  it.each([
    null,
    undefined,
    '',
    ' ',
    '-1',
    '1e3',
    '0x10',
    '٣',
    '5,',
    '5, 1.5',
    '5\n',
    '5\u00a0',
    'Wed, 0 Jan 2025 00:00:30 GMT',
    'Wed,  1 Jan 2025 00:00:30 GMT',
    'Wed, 001 Jan 2025 00:00:30 GMT',
    'Wed, 01 Jan 2025 00:00:30 +0100',
    'Wed, 01 Jan 2025 00:00:30',
    'Wed, 31 Feb 2025 00:00:00 GMT',
    'Wed, 32 Jan 2025 00:00:00 GMT',
    'Wed, 01 Jan 2025 24:00:00 GMT',
    'Wed, 01 Jan 2025 00:60:00 GMT',
    'Wed Jan 1 00:00:30 2025',
    'Wed Jan  0 00:00:30 2025',
    'Wed, 01 Jan 10000 00:00:00 GMT',
    'Wed, 29 Feb 1900 00:00:00 GMT',
  ])('does not guess at %j', (value) => {
    expect(parseRetryAfter(value, { now })).toBeUndefined();
  });

  it('lets a two-digit year be up to 50 years ahead', () => {
    const halfACentury = Date.UTC(2075, 0, 1) - now;

    expect(parseRetryAfter('Tuesday, 01-Jan-75 00:00:00 GMT', { now })).toBe(halfACentury);
    expect(parseRetryAfter('Tuesday, 01-Jan-75 00:00:01 GMT', { now })).toBe(0);
  });

  it('compares a date with the clock of the machine when no time is given', () => {
    vi.spyOn(Date, 'now').mockReturnValue(now);

    expect(parseRetryAfter('Wed, 01 Jan 2025 00:00:30 GMT')).toBe(30_000);
  });
});
