import { compose, defineMiddleware } from '@steadfetch/core';
import { describe, expect, it } from 'vitest';

describe('a Request with a body that goes to another address, in a browser', () => {
  it('is sent over HTTP/1.1', async () => {
    const elsewhere = defineMiddleware((call, next) => next(call.with({ input: `${location.origin}/package.json` })));
    const request = new Request(`${location.origin}/nowhere`, { method: 'POST', body: 'order', keepalive: true });

    const response = await compose(elsewhere)(fetch)(request);

    expect(response.url).toBe(`${location.origin}/package.json`);
    expect(request.bodyUsed).toBe(true);
  });
});
