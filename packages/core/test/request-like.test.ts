import { Call } from '@steadfetch/core';
import { pathOf } from '@steadfetch/core/kit';
import { expect, it } from 'vitest';

/** A `Request` of a polyfill, which has few members. */
const plain = { url: 'https://api.test/a', method: 'GET', headers: new Headers({ a: '1' }), body: null } as Request;

it('takes a request without a referrer, a mode and a signal', () => {
  const call = Call.from(plain).with({ signal: new AbortController().signal });

  expect(Object.keys(call.init!)).toEqual(['signal']);
});

it('moves a request-like object to another address', () => {
  const call = Call.from(plain).with({ input: 'https://other.test/' });

  expect(call.url).toBe('https://other.test/');
  expect(call.init).not.toHaveProperty('mode');
  expect(call.init).not.toHaveProperty('signal');
  expect(call.headers.get('a')).toBe('1');
});

it('finds no path in a text that is not a URL', () => {
  expect(['https://', 'https://a b/c'].map(pathOf)).toEqual(['/', '/']);
});
