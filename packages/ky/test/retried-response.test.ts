import { expect, it } from 'vitest';
import { withText } from '../src/retried-response.ts';

it('makes no copy of a response that is too odd for one', () => {
  const odd = { status: 503, statusText: '', headers: [['not a name', '1']] } as unknown as Response;

  expect(withText(odd, 'text')).toBeUndefined();
});
