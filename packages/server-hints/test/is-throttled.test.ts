import { describe, expect, it } from 'vitest';
import { isThrottled } from '../src/index.ts';
import { respond } from './respond.ts';

describe('isThrottled', () => {
  it('takes every 429 as throttling', () => {
    expect(isThrottled(respond(429))).toBe(true);
  });

  it.each([403, 503, 529])('takes a %d as throttling when there is evidence', (status) => {
    expect(isThrottled(respond(status, { 'retry-after': '60' }))).toBe(true);
    expect(isThrottled(respond(status, { 'x-ratelimit-remaining': '0' }))).toBe(true);
    expect(isThrottled(respond(status, { ratelimit: '"default";r=0' }))).toBe(true);
    expect(isThrottled(respond(status, { 'anthropic-ratelimit-tokens-remaining': '0' }))).toBe(true);
  });

  it.each([403, 503, 529])('does not take a %d as throttling when there is none', (status) => {
    expect(isThrottled(respond(status))).toBe(false);
    expect(isThrottled(respond(status, { 'retry-after': 'soon' }))).toBe(false);
    expect(isThrottled(respond(status, { 'x-ratelimit-limit': '0', 'x-ratelimit-remaining': '0' }))).toBe(false);
    expect(isThrottled(respond(status, { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': '60' }))).toBe(false);
  });

  it.each([200, 301, 404, 500])('does not take a %d as throttling whatever it says', (status) => {
    expect(isThrottled(respond(status, { 'retry-after': '60', 'x-ratelimit-remaining': '0' }))).toBe(false);
  });
});
