import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../search-tests/test/support/any-text.ts';
import {
  isThrottled,
  parseRateLimit,
  parseRateLimitPolicy,
  parseRetryAfter,
  serverDelay,
  serverQuota,
  shouldRetryHint,
} from '../src/index.ts';

const LONGEST = 2_147_483_648_000;
const fragments = [
  ...[
    '"a"',
    ';',
    'r=0',
    't=5',
    'q=1',
    ',',
    ' ',
    '\t',
    '=',
    ':',
    'YQ==',
    '%"',
    '(',
    '-',
    '.',
    '\\',
    '\r\n',
    '\0',
    'limit=1',
  ],
  ...[
    'remaining=0',
    'reset=',
    '0',
    '1',
    '9'.repeat(20),
    '1735689630',
    'Wed, 01 Jan 2025 00:00:30 GMT',
    '29-Feb-00',
    'Sunday, ',
  ],
  ...[
    '00:00:60',
    'GMT',
    '2025-01-01T00:00:30',
    'Z',
    '+01:00',
    'ms',
    's',
    'm',
    'h',
    'e3',
    'Infinity',
    'NaN',
    'false',
    'é',
  ],
];
const value = fc.oneof(
  fc.array(fc.constantFrom(...fragments), { maxLength: 12 }).map((parts) => parts.join('')),
  anyText,
  fc.double().map(String),
  fc.constantFrom(null, undefined, 5 as never, {} as never),
);
const status = fc.oneof(fc.constantFrom(429, 503, 403, 200, 301), fc.integer({ min: 0, max: 999 }));
const now = fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double());
const response = fc
  .record({ status, values: fc.array(value, { minLength: 1, maxLength: 7 }) })
  .map(({ status, values }) => {
    let asked = 0;
    return { status, headers: { get: () => values[asked++ % values.length] } };
  });

function isWait(ms: number | undefined): boolean {
  return ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= LONGEST && !Object.is(ms, -0));
}

describe('any header', () => {
  it('returns a whole wait from 0 to 2^31 seconds or none, and never throws', () => {
    fc.assert(
      fc.property(response, now, (hinted, time) => {
        const delay = serverDelay(hinted, { now: time });
        const quota = serverQuota(hinted, { now: time });

        expect(isWait(delay?.ms)).toBe(true);
        expect(isWait(quota?.reset) && isWait(quota?.window)).toBe(true);
        expect(quota === undefined || quota.remaining >= 0).toBe(true);
        expect([true, false]).toContain(isThrottled(hinted));
        expect([true, false, undefined]).toContain(shouldRetryHint(hinted));
      }),
      { numRuns: 1_000 },
    );
  });

  it('returns a whole wait or none from parseRetryAfter', () => {
    fc.assert(
      fc.property(value, now, (text, time) => {
        expect(isWait(parseRetryAfter(text, { now: time }))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads a date alike, whichever name it has for GMT', () => {
    const instant = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(instant, now, fc.constantFrom('UTC', '+0000', '-0000'), (at, time, zone) => {
        const date = new Date(at).toUTCString();

        expect(parseRetryAfter(date.replace('GMT', zone), { now: time })).toBe(parseRetryAfter(date, { now: time }));
      }),
    );
  });

  it('reads a date alike, with one digit for a day below 10 or with two', () => {
    const instant = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(instant, now, (at, time) => {
        const date = new Date(at).toUTCString();

        expect(parseRetryAfter(date.replace(', 0', ', '), { now: time })).toBe(parseRetryAfter(date, { now: time }));
      }),
    );
  });

  it('returns counts or nothing from the RateLimit parsers', () => {
    fc.assert(
      fc.property(value, (text) => {
        for (const member of parseRateLimit(text) ?? []) expect(Number.isInteger(member.r) && member.r >= 0).toBe(true);
        for (const policy of parseRateLimitPolicy(text) ?? [])
          expect(Number.isInteger(policy.q) && policy.q >= 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('round-trips whole seconds', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_147_483_648 }), (seconds) => {
        expect(parseRetryAfter(String(seconds), { now: 0 })).toBe(seconds * 1_000);
      }),
    );
  });

  it('takes a number for an instant near an instant alone, and counts from now', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_600_000_000 }), fc.integer({ min: -30_000_000, max: 30_000_000 }), (start, delta) => {
        const now = 1_700_000_000_000;
        expect(parseRetryAfter(String(start), { now })).toBe(start * 1_000);
        expect(parseRetryAfter(String(now / 1_000 + delta), { now })).toBe(Math.max(0, delta * 1_000));
        expect(parseRetryAfter(new Date(now + delta * 1_000).toISOString(), { now })).toBe(Math.max(0, delta * 1_000));
      }),
    );
  });

  it('round-trips dates in every form that Date writes as RFC 9110 does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_147_483_648 }), (seconds) => {
        const date = new Date(seconds * 1_000).toUTCString();

        expect(parseRetryAfter(date, { now: 0 })).toBe(seconds * 1_000);
      }),
    );
  });
});

describe('a long header', () => {
  const LONG = [
    '1',
    ' ',
    '\t',
    '0',
    'a',
    ',',
    ';',
    '"',
    '=',
    '\\"',
    '1,',
    '1 ,',
    '1h',
    '"a";r=0,',
    ';a',
    '%',
    ':',
    '"a";r=0;t=1, ',
    'false,',
  ];

  it.each(LONG)('of %j is read in time that grows with its length', (unit) => {
    const texts = [
      unit.repeat(1e6),
      unit.repeat(65_000 / unit.length),
      `"a";r=${unit.repeat(20_000)}`,
      `1${unit.repeat(30_000)}x`,
    ];
    const before = process.cpuUsage(); // a busy machine does not count

    for (const text of texts) {
      const hinted = { status: 429, headers: { get: () => text } };
      serverDelay(hinted);
      serverQuota(hinted);
      isThrottled(hinted);
      shouldRetryHint(hinted);
    }

    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });
});
