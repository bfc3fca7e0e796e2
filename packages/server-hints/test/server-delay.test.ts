import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverDelay } from '../src/index.ts';
import { respond } from './respond.ts';

const now = Date.UTC(2025, 0, 1);
const delayOf = (status: number, headers: Record<string, string>) => serverDelay(respond(status, headers), { now });

describe('serverDelay', () => {
  it('reads a real Response', () => {
    const response = new Response(null, { status: 429, headers: { 'Retry-After': '7' } });

    expect(serverDelay(response)).toEqual({ ms: 7_000, source: 'retry-after' });
  });

  it('lets Retry-After win over milliseconds that are a whole second shorter', () => {
    expect(delayOf(429, { 'retry-after-ms': '1000', 'retry-after': '2' })).toEqual({
      ms: 2_000,
      source: 'retry-after',
    });
    expect(delayOf(429, { 'retry-after-ms': '1001', 'retry-after': '2' })).toEqual({
      ms: 1_001,
      source: 'retry-after-ms',
    });
  });

  it('reads no wait beside a limit of zero, with which Okta refuses what is too much at once', () => {
    const fields = { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '60' };

    expect(delayOf(429, { 'x-rate-limit-limit': '0', ...fields })).toBeUndefined();
    expect(delayOf(429, { 'x-rate-limit-limit': '600', ...fields })?.ms).toBe(60_000);
  });

  it('rounds parts of a millisecond up', () => {
    expect(delayOf(429, { 'retry-after-ms': '1500.2' })?.ms).toBe(1_501);
    expect(delayOf(429, { 'x-ratelimit-reset': '2.3' })?.ms).toBe(2_300);
    expect(delayOf(429, { 'x-ratelimit-reset': '1.1s' })?.ms).toBe(1_100);
    expect(delayOf(429, { 'x-ratelimit-reset': '3us' })?.ms).toBe(1);
  });

  it.each([
    ['as the cache has kept it', 'Tue, 31 Dec 2024 23:59:50 GMT', 30_000],
    ['as the cache has written it', 'Wed, 01 Jan 2025 00:00:00 GMT', 30_000],
    ['as the cache has kept it, beside a client that is ahead', 'Tue, 31 Dec 2024 23:00:00 GMT', 3_620_000],
    ['as the cache has kept it, beside a client that is a little behind', 'Tue, 31 Dec 2024 23:59:54 GMT', 26_000],
  ])('compares a date out of a cache with Date and Age: %s', (_, date, ms) => {
    expect(delayOf(503, { date, age: '10', 'retry-after': 'Wed, 01 Jan 2025 00:00:30 GMT' })?.ms).toBe(ms);
  });

  it('is never early for a date out of a cache, unless the own clock is ahead by half of its Age', () => {
    const ahead = (age: number) => fc.integer({ min: -1e7, max: 500 * age - 1 }).map((ms) => ({ age, now: now + ms }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_600 }).chain(ahead),
        fc.boolean(),
        fc.integer({ min: 1, max: 7_200 }),
        ({ age, now: own }, isKept, seconds) => {
          const date = new Date(isKept ? now - age * 1_000 : now).toUTCString();
          const headers = { date, age: `${age}`, 'retry-after': new Date(now + seconds * 1_000).toUTCString() };

          expect(serverDelay(respond(503, headers), { now: own })?.ms).toBeGreaterThanOrEqual(seconds * 1_000);
        },
      ),
      { seed: 1 },
    );
  });

  it('reads the dates of servers in Go, which write UTC for GMT', () => {
    const reset = 'Wed, 01 Jan 2025 00:00:30 UTC';

    expect(delayOf(429, { 'retry-after': reset })).toEqual({ ms: 30_000, source: 'retry-after' });
    expect(delayOf(429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset })?.ms).toBe(30_000);
  });

  it('does not correct seconds by Date or Age', () => {
    expect(delayOf(503, { date: 'Wed, 01 Jan 2025 00:05:00 GMT', age: '10', 'retry-after': '30' })?.ms).toBe(30_000);
  });

  it('ignores RateLimit and RateLimit-Reset out of a cache, but not X-RateLimit-Reset', () => {
    const cached = { age: '1', ratelimit: '"a";r=0;t=5', 'ratelimit-reset': '6' };

    expect(delayOf(429, cached)).toBeUndefined();
    expect(delayOf(429, { ...cached, 'x-ratelimit-reset': '7' })?.ms).toBe(7_000);
  });

  it.each([
    ['limit=100, remaining=0, reset=30', 30_000],
    ['limit=100;w=60, remaining=0;a=1, reset=30', 30_000],
    ['remaining=0, reset=30', 30_000],
    ['limit=100, remaining=5, remaining=0, reset=30, more', 30_000],
    ['limit=100, remaining=1, reset=30', undefined],
    ['limit=100, remaining=0, reset=-30', undefined],
    ['limit=100, remaining=0.0, reset=30', undefined],
    ['limit=many, remaining=0, reset=30', 30_000],
    ['limit=100, remaining=0, reset=30,', 30_000],
    ['Limit=100, remaining=0, reset=30', 30_000],
  ])('reads draft 7 of RateLimit: %s', (ratelimit, ms) => {
    expect(delayOf(429, { ratelimit })?.ms).toBe(ms);
  });

  it.each([
    ['2025-01-01T00:00:30Z', 30_000],
    ['2025-01-01t00:00:30z', 30_000],
    ['2025-01-01T02:00:30+02:00', 30_000],
    ['2024-12-31T18:30:30-05:30', 30_000],
    ['1970-01-01T00:00:00+01:00', 0],
    ['2025-01-01T00:00:29.001Z', 29_001],
    ['2025-13-01T00:00:30Z', undefined],
    ['2025-01-01T00:00:30+24:00', undefined],
    ['2025-01-01 00:00:30Z', undefined],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1.5m', 90_000],
    ['120ms', 120],
    ['5d', undefined],
    ['m', undefined],
    ['1.s', undefined],
    ['1735689630.25', 30_250],
    ['1000000000', 0],
    ['100000000000000', undefined],
    ['-1', undefined],
    ['', undefined],
  ])('reads the reset %j', (reset, ms) => {
    expect(delayOf(429, { 'x-ratelimit-reset': reset })?.ms).toBe(ms);
  });

  it('waits for the longest of the exhausted buckets', () => {
    const headers = {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '9s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '2s',
    };

    expect(delayOf(400, headers)).toEqual({ ms: 9_000, source: 'x-ratelimit-reset-requests' });
  });

  it('does not fail for a field that is no text', () => {
    const headers = { get: () => 5 as never };

    expect(serverDelay({ status: 429, headers })).toBeUndefined();
  });
});
