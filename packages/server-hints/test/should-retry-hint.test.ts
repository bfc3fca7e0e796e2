import { describe, expect, it } from 'vitest';
import { shouldRetryHint } from '../src/index.ts';
import { respond } from './respond.ts';

describe('shouldRetryHint', () => {
  it.each(['x-should-retry', 'stripe-should-retry'])('takes an exact true in %s as an invitation', (name) => {
    expect(shouldRetryHint(respond(503, { [name]: ' true ' }))).toBe(true);
  });

  it.each(['TRUE', 'true, true', '1', 'maybe', '', 'not false'])('takes %j as no word', (value) => {
    expect(shouldRetryHint(respond(503, { 'x-should-retry': value }))).toBeUndefined();
  });

  it.each(['false', 'FALSE', 'False', 'true, false', 'false , true', 'maybe,false'])('takes %j as a veto', (value) => {
    expect(shouldRetryHint(respond(503, { 'x-should-retry': value }))).toBe(false);
    expect(shouldRetryHint(respond(503, { 'stripe-should-retry': value }))).toBe(false);
  });

  it('reads fields that `get` refuses to read, as in SvelteKit', () => {
    const get = () => {
      throw new Error('Failed to get response header');
    };
    const headers = Object.assign(new Headers({ 'x-should-retry': 'true' }), { get });

    expect(shouldRetryHint({ status: 503, headers })).toBe(true);
  });

  it('lets a veto win over an invitation', () => {
    expect(shouldRetryHint(respond(503, { 'x-should-retry': 'true', 'stripe-should-retry': 'false' }))).toBe(false);
    expect(shouldRetryHint(respond(503, { 'x-should-retry': 'true', 'grpc-retry-pushback-ms': '-1' }))).toBe(false);
  });

  it.each([
    ['-1', false],
    ['-10', false],
    ['100', undefined],
    ['0', undefined],
    ['-0', undefined],
    ['-', undefined],
  ])('takes the gRPC pushback %j as %s', (value, expected) => {
    expect(shouldRetryHint(respond(503, { 'grpc-retry-pushback-ms': value }))).toBe(expected);
  });

  it('says nothing when the server does not', () => {
    expect(shouldRetryHint(respond(503))).toBeUndefined();
  });
});
