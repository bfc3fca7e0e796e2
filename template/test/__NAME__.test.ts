import { __CAMEL__ } from '@steadfetch/__NAME__';
import { expect, it } from 'vitest';

it('hands the response on as it is', async () => {
  const response = new Response('a');

  const received = await __CAMEL__()(async () => response)('https://example.com');

  expect(received).toBe(response);
});
