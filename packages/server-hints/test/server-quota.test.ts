import { describe, expect, it } from 'vitest';
import { serverQuota } from '../src/index.ts';
import { respond } from './respond.ts';

const now = Date.UTC(2025, 0, 1);
const quotaOf = (headers: Record<string, string>) => serverQuota(respond(200, headers), { now });

describe('serverQuota', () => {
  it('reads RateLimit together with its policy', () => {
    const headers = { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"default";q=100;w=60' };

    expect(quotaOf(headers)).toEqual({ limit: 100, window: 60_000, remaining: 50, reset: 30_000, source: 'ratelimit' });
  });

  it('reads RateLimit without a policy and without a time', () => {
    expect(quotaOf({ ratelimit: '"default";r=50' })).toEqual({ remaining: 50, source: 'ratelimit' });
  });

  it('takes the policy with the least left, then the one that lasts longest', () => {
    expect(quotaOf({ ratelimit: '"daily";r=900;t=36000, "burst";r=5;t=1' })?.remaining).toBe(5);
    expect(quotaOf({ ratelimit: '"a";r=0, "b";r=0;t=9, "c";r=0;t=2' })?.reset).toBe(9_000);
    expect(quotaOf({ ratelimit: '"b";r=0;t=9, "a";r=0' })?.reset).toBe(9_000);
  });

  it('passes over a policy that counts something else, until nothing of it remains', () => {
    const policy = '"bytes";q=9000;qu="content-bytes", "calls";q=100';

    const calls = quotaOf({ ratelimit: '"bytes";r=20, "calls";r=50', 'ratelimit-policy': policy });
    const bytes = quotaOf({ ratelimit: '"bytes";r=0, "calls";r=50', 'ratelimit-policy': policy });

    expect(calls).toEqual({ limit: 100, remaining: 50, source: 'ratelimit' });
    expect(bytes).toEqual({ limit: 9_000, remaining: 0, source: 'ratelimit' });
  });

  it('reads draft 7 of RateLimit', () => {
    expect(quotaOf({ ratelimit: 'limit=100, remaining=50, reset=30' })).toEqual({
      limit: 100,
      remaining: 50,
      reset: 30_000,
      source: 'ratelimit',
    });
  });

  it('knows no limit when draft 7 of RateLimit leaves it out', () => {
    expect(quotaOf({ ratelimit: 'remaining=50, reset=30' })).toEqual({
      remaining: 50,
      reset: 30_000,
      source: 'ratelimit',
    });
  });

  it.each(['ratelimit-', 'x-ratelimit-', 'x-rate-limit-'])('reads the three fields that begin with %s', (prefix) => {
    const headers = {
      [`${prefix}limit`]: '60, 60;w=3600',
      [`${prefix}remaining`]: '59.0',
      [`${prefix}reset`]: '1735689720',
    };

    expect(quotaOf(headers)).toEqual({ limit: 60, remaining: 59, reset: 120_000, source: `${prefix}remaining` });
  });

  it('prefers the reset that needs no clock', () => {
    const headers = {
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset-after': '1.5',
      'x-ratelimit-reset': '1735689720',
    };

    expect(quotaOf(headers)?.reset).toBe(1_500);
  });

  it('reads what remains when no time is given', () => {
    expect(quotaOf({ 'x-ratelimit-remaining': '3' })).toEqual({ remaining: 3, source: 'x-ratelimit-remaining' });
  });

  it('reads the bucket of requests, and that of tokens only when it is empty', () => {
    const requests = { 'x-ratelimit-remaining-requests': '59', 'x-ratelimit-reset-requests': '1s' };

    expect(quotaOf({ ...requests, 'x-ratelimit-remaining-tokens': '7' })?.remaining).toBe(59);
    expect(quotaOf({ ...requests, 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' })).toEqual({
      remaining: 0,
      reset: 360_000,
      source: 'x-ratelimit-remaining-tokens',
    });
    expect(quotaOf({ 'x-ratelimit-remaining-tokens': '7' })).toBeUndefined();
  });

  it('returns 0 for a reset in the past', () => {
    expect(quotaOf({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1735689000' })?.reset).toBe(0);
  });

  it('reads resets by the clock of the server', () => {
    const headers = {
      date: 'Wed, 01 Jan 2025 00:01:00 GMT',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1735689720',
    };

    expect(quotaOf(headers)?.reset).toBe(60_000);
  });

  it.each([
    ['nothing', {}],
    ['a limit alone', { 'x-ratelimit-limit': '60' }],
    ['a limit of zero', { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '60' }],
    ['a negative remainder', { 'x-ratelimit-remaining': '-1' }],
    ['an unreadable remainder', { 'x-ratelimit-remaining': 'none' }],
    ['a cached response', { age: '1', ratelimit: '"default";r=50;t=30', 'x-ratelimit-remaining': '5' }],
  ])('knows no quota from %s', (_, headers) => {
    expect(quotaOf(headers as Record<string, string>)).toBeUndefined();
  });

  it('asks the machine for the time when none is given', () => {
    expect(serverQuota(respond(200, { 'ratelimit-remaining': '5', 'ratelimit-reset': '7' }))?.reset).toBe(7_000);
  });
});
