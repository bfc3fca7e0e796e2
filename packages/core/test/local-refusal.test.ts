import { expect, it } from 'vitest';
import { localRefusal } from '../src/index.ts';

it('recognises a refusal by its members, whatever its class', () => {
  const error = Object.assign(new Error('full'), { local: true, reason: 'queue-full' });

  expect(localRefusal(error)).toBe(error);
});

it.each([
  undefined,
  null,
  'text',
  new Error('plain'),
  Object.create({
    get local() {
      throw new Error('no');
    },
  }),
])('finds none in %o', (error) => {
  expect(localRefusal(error)).toBeUndefined();
});
