import { expect, it } from 'vitest';
import { compose, defineMiddleware, type Fetch } from '@steadfetch/core';

it('runs the first middleware outermost', async () => {
  const order: string[] = [];
  const note = (name: string) =>
    defineMiddleware((call, next) => {
      order.push(name);
      return next(call);
    });
  const stub: Fetch = async () => new Response('ok');

  await compose(note('outer'), note('inner'))(stub)('https://api.test/');

  expect(order).toEqual(['outer', 'inner']);
});
