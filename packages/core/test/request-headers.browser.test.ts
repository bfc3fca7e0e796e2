import { defineMiddleware, type Fetch } from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { describe, expect, it } from 'vitest';

const URL_ = `${location.origin}/package.json`;

function formOf(text: string): FormData {
  const form = new FormData();
  form.append('a', text);
  return form;
}

describe('a Request with other headers, in a browser', () => {
  it.each<[string, BodyInit]>([
    ['text', 'order'],
    ['bytes', new TextEncoder().encode('order')],
    ['Blob', new Blob(['order'])],
    ['form', formOf('order')],
  ])('is sent over HTTP/1.1 through a fetch that passes on the Request alone: %s', async (_, body) => {
    const withKey = defineMiddleware((call, next) => {
      const headers = new Headers(call.headers);
      headers.set('idempotency-key', '"1"');
      return next(keepBody(call.with({ headers })));
    });
    const sent: (string | null)[] = [];
    const alone: Fetch = (input) => {
      sent.push((input as Request).headers.get('idempotency-key'));
      return fetch(input);
    };

    const response = await withKey(alone)(new Request(URL_, { method: 'POST', body }));

    expect(response.url).toBe(URL_);
    expect(sent).toEqual(['"1"']);
  });
});
